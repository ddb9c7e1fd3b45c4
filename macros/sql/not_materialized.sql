{#
    How a CTE is marked that is asked more than once and too large to be held meanwhile.
    Spark holds none, and has no word for it.

    order_lines as {{ not_materialized() }} (
        ->  order_lines as not materialized (
#}
{%- macro not_materialized() -%}
    not materialized
{%- endmacro -%}
