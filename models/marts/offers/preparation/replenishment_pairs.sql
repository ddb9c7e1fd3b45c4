-- What was known of a customer and a product bought on two days or more, as of each
-- moment, and when it was bought next. Logs are decimals, so that their sums repeat.
with

as_of_days as (

    select * from {{ ref('replenishment_as_of_days') }}

),

goods as (

    select * from {{ ref('dim_products') }}
    where not is_service

),

purchases as (

    select
        purchases.*,
        cast(ln(purchases.interval_days) as decimal(18, 9)) as log_days,
        cast(power(ln(purchases.interval_days), 2) as decimal(18, 9)) as squared_log_days
    from {{ ref('repeat_purchases') }} as purchases
    inner join goods
        on purchases.product_id = goods.product_id

),

-- All moments in one pass.
counted as (

    select
        as_of_days.as_of,
        as_of_days.from_seconds,
        as_of_days.window_until_seconds,
        purchases.customer_id,
        purchases.product_id,
        count(*) filter (
            where purchases.bought_seconds < as_of_days.from_seconds
        ) as purchases,
        sum(purchases.log_days) filter (
            where purchases.bought_seconds < as_of_days.from_seconds
        ) as log_days,
        sum(purchases.squared_log_days) filter (
            where purchases.bought_seconds < as_of_days.from_seconds
        ) as squared_log_days,
        max(purchases.bought_seconds) filter (
            where purchases.bought_seconds < as_of_days.from_seconds
        ) as last_seconds,
        min(purchases.bought_seconds) filter (
            where purchases.bought_seconds >= as_of_days.from_seconds
                and purchases.bought_seconds < as_of_days.period_until_seconds
        ) as next_seconds
    from purchases
    cross join as_of_days
    group by
        as_of_days.as_of,
        as_of_days.from_seconds,
        as_of_days.window_until_seconds,
        purchases.customer_id,
        purchases.product_id

)

select
    as_of,
    customer_id,
    product_id,
    purchases,
    purchases - 1 as intervals,
    {{ ratio('log_days', 'purchases - 1') }} as log_interval,
    greatest(
        cast(squared_log_days as double)
        - cast(log_days as double) * cast(log_days as double) / (purchases - 1),
        0
    ) as squared_deviations,
    last_seconds,
    cast(floor((from_seconds - last_seconds) / 86400) as bigint) as days_since_last,
    cast(floor(next_seconds / 86400) as bigint) - cast(floor(last_seconds / 86400) as bigint)
        as next_interval_days,
    coalesce(next_seconds < window_until_seconds, false) as is_bought_again
from counted
where purchases > 1
