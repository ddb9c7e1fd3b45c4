{#
    How dbt's macro persist_docs works in DuckDB: the descriptions of a table and its columns are
    written in one step. Which of the columns exist is read from the catalogue,
    and where a contract says it, not at all; a described column that is missing
    is named.
#}
{%- macro duckdb__persist_docs(relation, model, for_relation=true, for_columns=true) -%}
    {%- set comments = [] -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do comments.append(
            'comment on ' ~ relation.type ~ ' ' ~ relation ~ ' is '
            ~ string_literal(model.description)
        ) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() -%}
        {%- for name in columns_there(relation, model.columns) -%}
            {%- do comments.append(
                'comment on column ' ~ relation ~ '.' ~ adapter.quote(name) ~ ' is '
                ~ string_literal(model.columns[name]['description'])
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if comments -%}
        {%- call statement('persist_docs') -%} {{ comments | join(';\n') }} {%- endcall -%}
    {%- endif -%}
{%- endmacro -%}


{#  The names of the described columns that a relation has.  #}
{%- macro columns_there(relation, described) -%}
    {%- set contract = config.get('contract') -%}
    {%- if not described or (contract and contract.enforced) -%}
        {{- return(described.keys() | list) -}}
    {%- endif -%}
    {%- set question -%}
        select column_name
        from duckdb_columns()
        where database_name = {{ string_literal(relation.database) }}
            and schema_name = {{ string_literal(relation.schema) }}
            and table_name = {{ string_literal(relation.identifier) }}
    {%- endset -%}
    {%- set found = run_query(question).columns[0].values() | list -%}
    {%- set missing = described.keys() | reject('in', found) | list -%}
    {%- if missing -%}
        {%- do exceptions.warn(
            relation ~ ' lacks columns that are described: ' ~ missing | join(', ')
        ) -%}
    {%- endif -%}
    {{- return(described.keys() | select('in', found) | list) -}}
{%- endmacro -%}
