with

orders as (

    select * from {{ ref('fct_orders') }}
    where is_placed
        and customer_id is not null

)

select
    order_id,
    customer_id,
    channel,
    placed_revenue,
    {{ elapsed_days(
        'lag(ordered_at) over (partition by customer_id order by ordered_at, order_id)',
        'ordered_at'
    ) }} as gap_days,
    exists(
        select 1 from {{ ref('holiday_seasons') }} as seasons
        where 100 * extract(month from orders.ordered_at)
            + extract(day from orders.ordered_at)
            between seasons.first_month_day and seasons.last_month_day
    ) as is_in_holiday_season,
    ordered_at
from orders
