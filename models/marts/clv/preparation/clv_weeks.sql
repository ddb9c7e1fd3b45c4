-- Repeat orders of the shop by week, counted back from today, so that a week holds the same
-- days of a year as the one 52 weeks earlier.
with

order_days as (

    select * from {{ ref('clv_order_days') }}
    where span_name = 'now'

),

numbered as (

    select
        *,
        cast(floor(({{ elapsed_days('order_day', as_of_date()) }} - 1) / 7) as bigint)
            as weeks_ago,
        row_number() over (partition by customer_id order by order_day) as place
    from order_days

)

select
    weeks_ago,
    count(*) as orders,
    count(*) filter (where place > 1) as repeat_orders,
    sum(margin) as margin
from numbered
group by weeks_ago
