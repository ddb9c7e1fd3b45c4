-- RFM as it stood at the end of every month, from what was known by then. An
-- adding run takes the month ends after an event that it brought, and those
-- that are new.
-- depends_on: {{ ref('event_months_hashed') }}
{{ config(
    materialized='incremental',
    incremental_strategy='month_ends'
) }}
with

order_events as (

    select * from {{ ref('order_events') }}
    where customer_id is not null

),

month_ends as (

    select distinct date_trunc('month', ordered_at) + interval '1 month' as month_end
    from order_events
    where date_trunc('month', ordered_at) + interval '1 month'
        <= {{ as_of_date() }}
        {%- if is_incremental() %}
        and (
            date_trunc('month', ordered_at) + interval '1 month' not in (
                select distinct month_end_date from {{ this }}
            )
            or date_trunc('month', ordered_at) + interval '1 month'
                > {{ first_changed_month() }}
        )
        {%- endif %}

),

-- An order is worth the same from one of its events to the next.
order_states as (

    select
        basis,
        customer_id,
        ordered_at,
        event_at as since_at,
        sum(units) over (
            partition by basis, order_id order by event_at
            rows between unbounded preceding and current row
        ) as units,
        sum(revenue) over (
            partition by basis, order_id order by event_at
            rows between unbounded preceding and current row
        ) as revenue,
        lead(event_at) over (partition by basis, order_id order by event_at) as until_at
    from order_events

),

-- More is better in each, also in the recency, which is below zero.
customers_then as (

    select
        states.basis,
        month_ends.month_end,
        states.customer_id,
        -{{ elapsed_days('max(states.ordered_at)', 'month_ends.month_end') }} as recency,
        {{ elapsed_days('min(states.ordered_at)', 'month_ends.month_end') }}
            as first_order_days,
        count(*) as frequency,
        sum(states.revenue) as monetary
    from month_ends
    inner join order_states as states
        on month_ends.month_end > states.since_at
    where (states.units > 0 or states.revenue > 0)
        and (states.until_at is null or states.until_at >= month_ends.month_end)
    group by states.basis, month_ends.month_end, states.customer_id

),

-- Millions of customers and month ends: the values that part the quintiles, not ranks.
cut_points as (

    select
        basis,
        month_end,
        {{ quintile_cut_points('recency') }} as recency,
        {{ quintile_cut_points('frequency') }} as frequency,
        {{ quintile_cut_points('monetary') }} as monetary
    from customers_then
    group by basis, month_end

),

scored as (

    select
        customers_then.*,
        100 * {{ score_by_cut_points('customers_then.recency', 'cut_points.recency') }}
        + 10 * {{ score_by_cut_points('customers_then.frequency', 'cut_points.frequency') }}
        + {{ score_by_cut_points('customers_then.monetary', 'cut_points.monetary') }} as code
    from customers_then
    inner join cut_points
        on customers_then.basis = cut_points.basis
        and customers_then.month_end = cut_points.month_end

)

select
    scored.basis,
    cast(scored.month_end as date) as month_end_date,
    scored.customer_id,
    {{ guarded_segment(
        'guards', orders='scored.frequency', first_order_days='scored.first_order_days',
        recency_days='-scored.recency'
    ) }} as segment
from scored
inner join {{ ref('rfm_guarded_segments') }} as guards
    on scored.code = guards.rfm_code
