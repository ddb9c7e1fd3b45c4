{#
    A hook that removes, from an incremental model, the rows whose keys were touched
    since it was built. Where the model calls the key otherwise, `column` says how.

    {{ config(pre_hook="{{ forget_touched('order_id') }}") }}
#}
{%- macro forget_touched(key, column=none) -%}
    {%- set touched = ref('int_order_lines_touched') -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where {{ column or key }} in (select touched.{{ key }} from {{ touched }} as touched)
    {%- endif -%}
{%- endmacro -%}
