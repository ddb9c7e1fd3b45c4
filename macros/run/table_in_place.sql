{#
    A table, as dbt's own materialization `table` makes it, in fewer steps. dbt builds one
    next to the one that stands, renames both and drops the old one, and each of these steps sets
    up every macro of the project again, which takes longer than the query of a small model.
    In DuckDB the old table is dropped and the new one created in one transaction: what
    fails leaves the old one as it was, and who reads meanwhile sees it. For
    Python models dbt uses its own `table`, whatever their folder says.

    config: {materialized: table_in_place}
#}
{%- materialization table_in_place, adapter='duckdb', supported_languages=['sql'] -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{- run_hooks(pre_hooks, inside_transaction=False) -}}
    {{- run_hooks(pre_hooks, inside_transaction=True) -}}
    {%- set written = begin_replacing(target_relation) -%}
    {%- call statement('main') -%} {{- create_in_place(written, compiled_code) -}} {%- endcall -%}
    {{- run_hooks(post_hooks, inside_transaction=True) -}}
    {%- do persist_docs(target_relation, model) -%}
    {%- do adapter.commit() -%}
    {{- run_hooks(post_hooks, inside_transaction=False) -}}
    {{- return({'relations': [target_relation]}) -}}
{%- endmaterialization -%}


{#
    The table that the model is written to, with nothing in its way: the model's
    own, or a draft of it where Python writes, over its own connection.
#}
{%- macro begin_replacing(target_relation) -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is not none and not existing.is_table -%}
        {%- do drop_relation_if_exists(existing) -%}
    {%- endif -%}
    {%- if model['language'] == 'sql' -%}
        {{- return(target_relation) -}}
    {%- endif -%}
    {%- set draft = make_intermediate_relation(target_relation) -%}
    {#- Left by a run that died. -#}
    {%- do drop_relation_if_exists(load_cached_relation(draft)) -%}
    {{- return(draft) -}}
{%- endmacro -%}


{#  What writes it: of SQL both steps of one transaction.  #}
{%- macro create_in_place(written, compiled_code) -%}
    {%- if model['language'] == 'sql' %}
    drop table if exists {{ written }};
    {%- endif %}
    {{ create_table_as(false, written, compiled_code, model['language']) }}
{%- endmacro -%}


{#  Replaces the existing table by a draft.  #}
{%- macro end_replacing(target_relation, written) -%}
    {%- if model['language'] != 'sql' -%}
        {%- call statement('replace') -%}
            drop table if exists {{ target_relation }};
            alter table {{ written }} rename to {{ adapter.quote(target_relation.identifier) }};
        {%- endcall -%}
    {%- endif -%}
{%- endmacro -%}
