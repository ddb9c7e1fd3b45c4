{#
    How the materializations of this project make a table on Spark, which builds everything
    in full: what stands is dropped and the model's query is written as parquet.
#}
{%- macro replace_on_spark() -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{- run_hooks(pre_hooks) -}}
    {%- do drop_relation_if_exists(load_cached_relation(this)) -%}
    {%- call statement('main') -%}
        {{- create_table_as(false, target_relation, compiled_code) -}}
    {%- endcall -%}
    {{- run_hooks(post_hooks) -}}
    {{- return({'relations': [target_relation]}) -}}
{%- endmacro -%}


{%- materialization table_in_place, adapter='spark', supported_languages=['sql'] -%}
    {{- return(replace_on_spark()) -}}
{%- endmaterialization -%}


{%- materialization reusable, adapter='spark', supported_languages=['sql'] -%}
    {{- return(replace_on_spark()) -}}
{%- endmaterialization -%}


{#  In place of dbt-spark's, which knows none of the strategies of macros/run.  #}
{%- materialization incremental, adapter='spark', supported_languages=['sql'] -%}
    {{- return(replace_on_spark()) -}}
{%- endmaterialization -%}
