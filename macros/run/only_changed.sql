{#
    A condition by which an incremental model on validated order lines takes only the keys
    of which a line was validated since it was built; none where it is rebuilt. The hook
    `delete_changed` has removed what it had of them.

    where decision = 'accepted' {{ only_changed('customer_id') }}
#}
{%- macro only_changed(key) -%}
    {%- set validated = ref('int_order_lines_validated') -%}
    {%- if is_incremental() -%}
        and {{ key }} in (
            select {{ key }} from {{ validated }} where run_number > {{ watermark(this.name) }}
        )
    {%- endif -%}
{%- endmacro -%}
