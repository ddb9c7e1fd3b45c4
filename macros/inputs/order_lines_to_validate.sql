{#
    The order lines that a run validates: all, or those that a run which adds must look at.
    A CTE that is asked twice is held whole, so of all lines there is none; the few of a run
    that adds are held, and looked for once.

    select * from {{ order_lines_to_validate() }}
#}
{%- macro order_lines_to_validate() -%}
    {#- While parsing dbt must see both. -#}
    {%- if is_incremental() or not execute -%}
        {{- ref('int_order_lines_to_validate') -}}
    {%- endif -%}
    {%- if not is_incremental() -%}
        {{- conformed('order_lines') -}}
    {%- endif -%}
{%- endmacro -%}
