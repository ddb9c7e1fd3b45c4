-- The days on which regular customers are looked at: one outcome window apart,
-- so that no outcome is counted twice. The newest has no outcome yet and is
-- scored; an older one teaches only if the history before it fills the base
-- window by half.
with

orders as (

    select * from {{ ref('fct_orders') }}
    where is_placed

),

steps as (

    select cast(number as integer) as number
    from (values {% for number in range(var('activity_snapshots') + 1) -%}
        ({{ number }}){{ ', ' if not loop.last }}
    {%- endfor %}) as numbers (number)

),

cutoffs as (

    select
        steps.number,
        {{ days_after(as_of_date(), '-' ~ var('activity_window_days') ~ ' * steps.number') }}
            as cutoff_at
    from steps

),

counted as (

    select
        cutoffs.number,
        cutoffs.cutoff_at,
        min(orders.ordered_at) as first_order_at,
        count(*) filter (
            where orders.ordered_at < cutoffs.cutoff_at
                and orders.ordered_at >= {{
                    days_after('cutoffs.cutoff_at', -var('activity_base_days'))
                }}
        ) as base_orders,
        count(*) filter (
            where orders.ordered_at >= cutoffs.cutoff_at
                and orders.ordered_at < {{
                    days_after('cutoffs.cutoff_at', var('activity_window_days'))
                }}
        ) as outcome_orders
    from cutoffs
    cross join orders
    group by cutoffs.number, cutoffs.cutoff_at

),

measured as (

    select
        *,
        least(
            {{ var('activity_base_days') }},
            {{ elapsed_days('first_order_at', 'cutoff_at') }}
        ) as base_days
    from counted

)

select
    cast(number as bigint) as number,
    base_days,
    base_orders,
    outcome_orders,
    -- How the whole shop moved between the windows: a season is no decline.
    case when number > 0 then
        {{ ratio('outcome_orders', 'base_orders') }}
        * base_days / {{ var('activity_window_days') }}
    end as shop_change,
    number = 0 as is_current,
    number > 0 and base_days >= {{ var('activity_base_days') }} / 2 as is_training,
    cutoff_at
from measured
