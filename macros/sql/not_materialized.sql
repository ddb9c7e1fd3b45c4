{#
    Marks a CTE that is used more than once and too large to materialize. Spark
    materializes none, and has no keyword for it.

    order_lines as {{ not_materialized() }} (
        ->  order_lines as not materialized (
#}
{%- macro not_materialized() -%}
    {{- adapter.dispatch('not_materialized', 'targeted_lists')() -}}
{%- endmacro -%}


{%- macro default__not_materialized() -%}
    not materialized
{%- endmacro -%}


{%- macro spark__not_materialized() -%}
{%- endmacro -%}


{#
    Marks a CTE that is used more than once and is worth holding. Spark holds none.

    linked as {{ materialized() }} (  ->  linked as materialized (
#}
{%- macro materialized() -%}
    {{- adapter.dispatch('materialized', 'targeted_lists')() -}}
{%- endmacro -%}


{%- macro default__materialized() -%}
    materialized
{%- endmacro -%}


{%- macro spark__materialized() -%}
{%- endmacro -%}
