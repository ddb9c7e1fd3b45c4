{#
    A hook that removes, from an incremental model on validated order lines, the rows whose
    key has a line that was validated since the model was built. Where the model calls the
    key otherwise, `column` says how.

    {{ config(pre_hook="{{ delete_changed('customer_id') }}") }}
#}
{%- macro delete_changed(key, column=none) -%}
    {%- set validated = ref('int_order_lines_validated') -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where {{ column or key }} in (
            select {{ key }} from {{ validated }} where run_number > {{ watermark(this.name) }}
        )
    {%- endif -%}
{%- endmacro -%}
