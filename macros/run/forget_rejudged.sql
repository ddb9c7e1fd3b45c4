{#
    A hook that removes, from an incremental model on judged order lines, the rows whose
    key has a line that was judged since the model was built. Where the model calls the
    key otherwise, `column` says how.

    {{ config(pre_hook="{{ forget_rejudged('customer_id') }}") }}
#}
{%- macro forget_rejudged(key, column=none) -%}
    {%- set judged = ref('int_order_lines_judged') -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where {{ column or key }} in (
            select {{ key }} from {{ judged }} where run_number > {{ known_run(this.name) }}
        )
    {%- endif -%}
{%- endmacro -%}
