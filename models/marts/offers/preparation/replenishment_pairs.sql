-- What was known of a customer and a product bought on two days or more, as of each
-- moment: the last purchase before it, with what had been summed up until then.
with

as_of_days as (

    select * from {{ ref('replenishment_as_of_days') }}

),

goods as (

    select * from {{ ref('dim_products') }}
    where not is_service

),

purchases as (

    select * from {{ ref('repeat_purchases') }}
    where purchases > 1

),

known as (

    select
        as_of_days.*,
        purchases.customer_id,
        purchases.product_id,
        purchases.purchases,
        purchases.bought_seconds as last_seconds,
        case
            when purchases.next_seconds < as_of_days.period_until_seconds
                then purchases.next_seconds
        end as next_seconds,
        cast(purchases.log_intervals as double) as log_intervals,
        cast(purchases.squared_log_intervals as double) as squared_log_intervals
    from purchases
    inner join goods
        on purchases.product_id = goods.product_id
    cross join as_of_days
    where purchases.bought_seconds < as_of_days.from_seconds
        and coalesce(purchases.next_seconds >= as_of_days.from_seconds, true)

)

select
    as_of,
    customer_id,
    product_id,
    purchases,
    purchases - 1 as intervals,
    log_intervals / (purchases - 1) as log_interval,
    greatest(
        squared_log_intervals - log_intervals * log_intervals / (purchases - 1), 0
    ) as squared_deviations,
    last_seconds,
    cast(floor((from_seconds - last_seconds) / 86400) as bigint) as days_since_last,
    cast(floor(next_seconds / 86400) as bigint) - cast(floor(last_seconds / 86400) as bigint)
        as next_interval_days,
    coalesce(next_seconds < window_until_seconds, false) as is_bought_again
from known
