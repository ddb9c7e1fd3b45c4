{#
    The order lines that a run validates: all, or those that an adding run must
    check. A CTE that is used twice is held whole, so for all lines there is
    none; the few of an adding run are held, and searched once.

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
