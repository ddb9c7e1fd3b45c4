{#
    A hook that removes, from an incremental model, the rows whose keys were touched
    since it was built: order_line_id, order_id or customer_id. Where the model calls the
    key otherwise, `column` says how; rows of which `others` is true are removed as well.

    {{ config(pre_hook="{{ forget_touched('order_id') }}") }}
#}
{%- macro forget_touched(key, column=none, others=none) -%}
    {%- set touched = ref(touched_table(key)) -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where {{ column or key }} in (select touched.{{ key }} from {{ touched }} as touched)
            {%- if others %}
            or {{ others }}
            {%- endif %}
    {%- endif -%}
{%- endmacro -%}


{#  The model that knows which keys were touched.  #}
{%- macro touched_table(key) -%}
    {{- return(
        'int_customers_touched' if key == 'customer_id' else 'int_order_lines_touched'
    ) -}}
{%- endmacro -%}
