-- Rules are mined in the first period, confirmed in the second, and what is
-- recommended by them is tested in the third. A history too short for the later
-- two is mined as a whole.
select
    case
        when orders = 0 then {{ text('no orders') }}
        when is_split then {{ text('mined, confirmed and tested in turn') }}
        else {{ text(
            'the orders span {days}, too few to confirm rules or to test '
            ~ 'recommendations, which take {period_days} each',
            days=counted('cast(floor(days) as bigint)', 'day|days'),
            period_days=counted(var('basket_period_days'), 'day|days')
        ) }}
    end as history,
    orders,
    mining_until_seconds,
    validation_until_seconds,
    test_until_seconds,
    is_split
from {{ ref('order_periods') }}
