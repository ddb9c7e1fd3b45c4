-- Lapsed regulars: silent for several times their own typical gap, which takes two
-- orders or more to be known (core.dim_customers.is_lapsed). A rule by a fixed number of days would call slow buyers lapsed.
with

customers as (

    select * from {{ ref('dim_customers') }}
    where is_lapsed

),

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'

),

rhythms as (

    select * from {{ ref('customer_rhythms') }}

)

select
    customers.customer_id,
    cast(null as string) as product_id,
    {{ text(
        'no order for {days}, usually every {gap}; {orders} so far',
        days=counted('totals.recency_days', 'day|days'),
        gap=counted(rounded_text('rhythms.mean_gap_days'), 'day|days'),
        orders=counted('totals.orders', 'order|orders')
    ) }} as reason,
    cast(totals.orders as double) as score
from customers
inner join totals
    on customers.customer_id = totals.customer_id
inner join rhythms
    on customers.customer_id = rhythms.customer_id
