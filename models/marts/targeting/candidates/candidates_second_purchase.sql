-- Customers whose first order was lately and stayed the only one.
with

totals as (

    select * from {{ ref('int_customer_totals') }}
    where basis = 'bought'

)

select
    customer_id,
    cast(null as string) as product_id,
    'first and only order ' || recency_days || ' days ago, worth '
        || cast(revenue as decimal(18, 2)) as reason,
    -cast(recency_days as double) as score
from totals
where orders = 1
    and recency_days <= {{ var('second_purchase_days') }}
