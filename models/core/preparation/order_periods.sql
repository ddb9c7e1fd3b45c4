-- The periods of the orders bought: mining, validation and test. A history too short
-- for the later two is one period.
with

orders as (

    select
        *,
        {{ epoch_seconds('ordered_at') }} as ordered_seconds
    from {{ ref('fct_orders') }}
    where is_bought

),

cuts as (

    select
        count(*) as orders,
        cast(floor({{
            percentile('ordered_seconds', var('basket_mining_share'))
        }}) as bigint) as mining_until_seconds,
        cast(floor({{
            percentile(
                'ordered_seconds',
                var('basket_mining_share') + var('basket_validation_share')
            )
        }}) as bigint) as validation_until_seconds,
        min(ordered_seconds) as first_seconds,
        max(ordered_seconds) as last_seconds
    from orders

),

split as (

    select
        *,
        coalesce(
            least(
                validation_until_seconds - mining_until_seconds,
                last_seconds - validation_until_seconds
            ) >= 86400 * {{ var('basket_period_days') }},
            false
        ) as is_split,
        coalesce((last_seconds - first_seconds) / 86400, 0) as days
    from cuts

)

select
    orders,
    days,
    case when is_split then mining_until_seconds else last_seconds end
        as mining_until_seconds,
    case when is_split then validation_until_seconds else last_seconds end
        as validation_until_seconds,
    last_seconds as test_until_seconds,
    is_split
from split
