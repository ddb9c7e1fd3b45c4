{#
    A condition by which an incremental model on judged order lines takes only the keys
    of which a line was judged since it was built; none where it is built anew. The hook
    `forget_rejudged` has removed what it had of them.

    where decision = 'kept' {{ only_rejudged('customer_id') }}
#}
{%- macro only_rejudged(key) -%}
    {%- set judged = ref('int_order_lines_judged') -%}
    {%- if is_incremental() -%}
        and {{ key }} in (
            select {{ key }} from {{ judged }} where run_number > {{ known_run(this.name) }}
        )
    {%- endif -%}
{%- endmacro -%}
