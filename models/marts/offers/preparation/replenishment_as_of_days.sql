-- As of when it is asked what is due, and how long it is watched what is then bought: at
-- the end of the mining period for the rule, at that of the validation period for the
-- test, and now.
with

periods as (

    select * from {{ ref('order_periods') }}
    where is_split

)

select
    'validation' as as_of,
    mining_until_seconds + 1 as from_seconds,
    least(
        mining_until_seconds + 1 + 86400 * {{ var('replenish_window_days') }},
        validation_until_seconds + 1
    ) as window_until_seconds,
    validation_until_seconds + 1 as period_until_seconds
from periods

union all

select
    'test' as as_of,
    validation_until_seconds + 1 as from_seconds,
    least(
        validation_until_seconds + 1 + 86400 * {{ var('replenish_window_days') }},
        test_until_seconds + 1
    ) as window_until_seconds,
    test_until_seconds + 1 as period_until_seconds
from periods

union all

select
    'current' as as_of,
    {{ epoch_seconds(as_of_date()) }} as from_seconds,
    cast(null as bigint) as window_until_seconds,
    cast(null as bigint) as period_until_seconds
