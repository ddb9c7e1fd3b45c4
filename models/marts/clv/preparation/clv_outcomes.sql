-- What came within the horizon after each of the past days, as it is known today.
with

cuts as (

    select * from {{ ref('clv_cuts') }}

),

order_days as (

    select * from {{ ref('clv_order_days') }}
    where period = 'now'

)

select
    cuts.period,
    order_days.customer_id,
    count(*) as outcome_orders,
    sum(order_days.margin) as outcome_margin
from cuts
inner join order_days
    on cuts.cut_at <= order_days.order_day
    and {{ days_after('cuts.cut_at', 'cuts.horizon_days') }} > order_days.order_day
group by cuts.period, order_days.customer_id
