-- Customers whose first order was lately and stayed the only one.
with

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'

),

interests as (

    select * from {{ ref('new_customer_predictions') }}
    where target = 'interest'

)

select
    totals.customer_id,
    cast(null as string) as product_id,
    {{ text(
        'first and only order {days} ago, worth {revenue}',
        days=counted('totals.recency_days', 'day|days'),
        revenue='cast(totals.revenue as decimal(18, 2))'
    ) }} || coalesce(
        {{ text('; probably interested in {category}', category='interests.prediction') }}, ''
    ) as reason,
    -cast(totals.recency_days as double) as score
from totals
left join interests
    on totals.customer_id = interests.customer_id
where totals.orders = 1
    and totals.recency_days <= {{ var('second_purchase_days') }}
