-- Lapsed regulars: two orders or more, and silent for several times their own
-- usual gap. A rule by a fixed number of days would call slow buyers lapsed. Two
-- orders on one day show no habit.
with

totals as (

    select * from {{ ref('int_customer_totals') }}
    where basis = 'bought'

),

behaviour as (

    select * from {{ ref('customer_pivot') }}

)

select
    totals.customer_id,
    cast(null as string) as product_id,
    {{ text(
        'no order for {days} days, usually every {gap}; {orders} orders so far',
        days='totals.recency_days',
        gap=rounded_text('behaviour.mean_gap_days'),
        orders='totals.orders'
    ) }} as reason,
    cast(totals.orders as double) as score
from totals
inner join behaviour
    on totals.customer_id = behaviour.customer_id
where behaviour.mean_gap_days >= 1
    and totals.recency_days >= {{ var('lapsed_days') }}
    and totals.recency_days > {{ var('lapsed_after_gaps') }} * behaviour.mean_gap_days
