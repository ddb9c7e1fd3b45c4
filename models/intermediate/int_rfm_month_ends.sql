-- RFM as it stood at the end of every month, from what was known by then. A run that
-- adds takes the ends of months after an event that it brought, and those that are new.
{{ config(
    materialized='incremental',
    pre_hook='{{ forget_month_ends() }}',
    post_hook='{{ note_built() }}'
) }}
with

order_events as (

    select * from {{ ref('int_order_events') }}
    where customer_id is not null

),

month_ends as (

    select distinct date_trunc('month', ordered_at) + interval '1 month' as month_end
    from order_events
    where date_trunc('month', ordered_at) + interval '1 month'
        <= {{ as_of_date() }}
        {%- if is_incremental() %}
        and date_trunc('month', ordered_at) + interval '1 month' not in (
            select distinct month_end_date from {{ this }}
        )
        {%- endif %}

),

orders_then as (

    select
        order_events.basis,
        month_ends.month_end,
        order_events.order_id,
        any_value(order_events.customer_id) as customer_id,
        any_value(order_events.ordered_at) as ordered_at,
        sum(order_events.revenue) as revenue
    from month_ends
    inner join order_events
        on month_ends.month_end > order_events.event_at
    group by order_events.basis, month_ends.month_end, order_events.order_id
    having sum(order_events.units) > 0

),

customers_then as (

    select
        basis,
        month_end,
        customer_id,
        {{ elapsed_days('max(ordered_at)', 'month_end') }} as recency_days,
        count(*) as frequency,
        sum(revenue) as monetary
    from orders_then
    group by basis, month_end, customer_id

),

scored as (

    select
        *,
        100 * {{ quintile_score('recency_days', 'basis, month_end', best='low') }}
            + 10 * {{ quintile_score('frequency', 'basis, month_end') }}
            + {{ quintile_score('monetary', 'basis, month_end') }} as code
    from customers_then

)

select
    scored.basis,
    cast(scored.month_end as date) as month_end_date,
    scored.customer_id,
    segment_map.segment
from scored
inner join {{ ref('rfm_segment_map') }} as segment_map
    on scored.code = segment_map.rfm_code
