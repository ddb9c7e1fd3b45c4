{#
    A condition by which an incremental model takes only the keys affected since it was
    built; none where it is rebuilt. Its strategy `affected` replaces what it had of them.
    The key may be qualified by its table.

    where is_modelled {{ only_affected('order_id') }}
        ->  where is_modelled and order_id in (select order_id from …affected)
#}
{%- macro only_affected(column) -%}
    {%- set key = line_key(column.split('.')[-1]) -%}
    {#- dbt does not see the condition while it parses. -#}
    {%- if is_incremental() or not execute -%}
        {%- set affected = ref(affected_table(key)) -%}
        and {{ column }} in (select affected.{{ key }} from {{ affected }} as affected)
    {%- endif -%}
{%- endmacro -%}
