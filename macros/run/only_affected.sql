{#
    A condition by which an incremental model takes only the keys affected since it was
    built; none where it is rebuilt. The hook `delete_affected` has removed what it
    had of them, so keys that vanish do not stay. Where the query calls the key otherwise,
    `column` says how.

    where is_modelled {{ only_affected('order_id') }}
        ->  where is_modelled and order_id in (select order_id from …affected)
#}
{%- macro only_affected(key, column=none) -%}
    {#- While parsing dbt must see the parent, which a part of the table has no hook to name. -#}
    {%- if is_incremental() or not execute %}
        and {{ column or key }} in (
            select affected.{{ key }} from {{ ref(affected_table(key)) }} as affected
        )
    {%- endif -%}
{%- endmacro -%}
