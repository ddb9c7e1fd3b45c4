{#
    A condition by which an incremental model takes only the keys touched since it was
    built; none where it is built anew. The hook `forget_touched` has removed what it
    had of them, so keys that vanish do not stay. Where the query calls the key otherwise,
    `column` says how.

    where is_modelled {{ only_touched('order_id') }}
        ->  where is_modelled and order_id in (select order_id from …touched)
#}
{%- macro only_touched(key, column=none) -%}
    {%- if is_incremental() -%}
        {#- The hook names the parent to dbt, which does not see this while parsing. #}
        and {{ column or key }} in (
            select touched.{{ key }} from {{ ref(touched_table(key)) }} as touched
        )
    {%- endif -%}
{%- endmacro -%}
