{% set window = var('activity_window_days') -%}
{% set base = var('activity_base_days') -%}
with

cutoffs as (

    select * from {{ ref('cutoffs_used') }}

),

orders as (

    select * from {{ ref('activity_orders') }}

),

orders_before as (

    select
        cutoffs.number,
        cutoffs.base_days,
        orders.customer_id,
        orders.order_id,
        orders.channel,
        orders.placed_revenue,
        orders.is_in_holiday_season,
        orders.ordered_at,
        {{ elapsed_days('orders.ordered_at', 'cutoffs.cutoff_at') }} as age_days,
        orders.gap_days
    from cutoffs
    inner join orders
        on cutoffs.cutoff_at > orders.ordered_at

),

levels as (

    select
        number,
        customer_id,
        min(age_days) as recency_days,
        least(max(base_days), max(age_days) + 1) as exposure_days,
        count(*) filter (where age_days < {{ base }}) as base_orders,
        count(*) filter (where age_days < {{ window }}) as previous_period_orders,
        count(*) filter (where age_days < {{ window // 2 }}) as latest_orders,
        count(*) filter (where age_days < {{ base }} and is_in_holiday_season)
            as holiday_orders,
        count(distinct channel) filter (where age_days < {{ base }}) as channels,
        sum(placed_revenue) filter (where age_days < {{ base }}) as base_revenue,
        cast(median(gap_days) as double) as median_gap_days,
        max_by(gap_days, (ordered_at, order_id)) as last_gap_days
    from orders_before
    group by number, customer_id

),

-- A customer with few orders is shrunk towards the shop's mean (gamma-Poisson
-- shrinkage: the prior weighs as much as activity_prior_days of history).
shop_means as (

    select
        number,
        {{ ratio('sum(base_orders)', 'sum(exposure_days)') }} as orders_per_day
    from levels
    where base_orders >= {{ var('activity_minimum_orders') }}
    group by number

),

typical_levels as (

    select
        levels.*,
        levels.base_orders >= {{ var('activity_minimum_orders') }} as is_regular,
        case
            when levels.base_orders >= {{ var('activity_minimum_orders') }}
                then {{ window }} * (
                    levels.base_orders
                    + shop_means.orders_per_day * {{ var('activity_prior_days') }}
                ) / (levels.exposure_days + {{ var('activity_prior_days') }})
        end as typical_orders
    from levels
    left join shop_means
        on levels.number = shop_means.number

)

select
    number,
    customer_id,
    recency_days,
    typical_orders,
    previous_period_orders,
    previous_period_orders / nullif(typical_orders, 0) as level_trend,
    2 * latest_orders / nullif(typical_orders, 0) as latest_trend,
    {{ ratio('base_revenue', 'base_orders') }} as average_order_value,
    median_gap_days,
    -- Customers who order several times a day have a median gap of 0 days.
    recency_days / greatest(median_gap_days, 1) as overdue_ratio,
    last_gap_days / greatest(median_gap_days, 1) as gap_trend,
    channels,
    {{ ratio('holiday_orders', 'base_orders') }} as holiday_share,
    is_regular
from typical_levels
