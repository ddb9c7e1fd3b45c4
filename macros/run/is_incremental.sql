{#
    Replaces dbt's macro of this name. Within a part of an incremental table, an
    ephemeral model that names its table, it answers for the table: both take
    all rows where that is rebuilt, and else those that the run adds.

    config: {materialized: ephemeral, meta: {part_of_table: int_returned_units}}
#}
{%- macro is_incremental() -%}
    {%- if not execute -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set table = whole_table() -%}
    {%- if table.config.materialized != 'incremental' -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set existing = adapter.get_relation(table.database, table.schema, table.alias) -%}
    {{- return(
        existing is not none and existing.type == 'table' and not should_full_refresh()
    ) -}}
{%- endmacro -%}


{#  The model that is built: the table of which this model is a part, else this model.  #}
{%- macro whole_table() -%}
    {%- set name = model.config.get('meta', {}).get('part_of_table') -%}
    {{- return(graph.nodes['model.' ~ project_name ~ '.' ~ name] if name else model) -}}
{%- endmacro -%}
