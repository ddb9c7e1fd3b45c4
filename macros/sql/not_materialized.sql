{#
    Marks a CTE that is used more than once and too large to materialize. Spark
    materializes none, and has no keyword for it.

    order_lines as {{ not_materialized() }} (
        ->  order_lines as not materialized (
#}
{%- macro not_materialized() -%}
    not materialized
{%- endmacro -%}
