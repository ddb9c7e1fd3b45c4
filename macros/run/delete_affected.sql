{#
    A hook that removes, from an incremental model, the rows whose keys are affected
    since it was built: order_line_id, order_id or customer_id. Where the model calls the
    key otherwise, `column` says how; rows of which `others` is true are removed as well.

    {{ config(pre_hook="{{ delete_affected('order_id') }}") }}
#}
{%- macro delete_affected(key, column=none, others=none) -%}
    {%- set affected = ref(affected_table(key)) -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where {{ column or key }} in (select affected.{{ key }} from {{ affected }} as affected)
            {%- if others %}
            or {{ others }}
            {%- endif %}
    {%- endif -%}
{%- endmacro -%}


{#  The model that knows which keys are affected.  #}
{%- macro affected_table(key) -%}
    {{- return(
        'customers_affected' if key == 'customer_id' else 'int_order_lines_affected'
    ) -}}
{%- endmacro -%}
