-- Repeat orders of the shop by week, counted back from today, so that a week holds the same
-- days of a year as the one 52 weeks earlier.
{{ config(materialized='table_in_place') }}
with

order_days as (

    select * from {{ ref('clv_order_days') }}
    where period = 'now'

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
    count(*) as orders,
    count(*) filter (where place > 1) as repeat_orders,
    sum(margin) as margin,
    cast({{ days_after(as_of_date(), '-7 * (weeks_ago + 1)') }} as date) as week_start
from numbered
group by weeks_ago
