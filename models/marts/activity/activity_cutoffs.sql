-- The days on which regular customers are looked at: one outcome window apart,
-- so that no outcome is counted twice. The newest has no outcome yet and is
-- scored; an older one teaches only if the history before it fills the base
-- window by half.
with

orders as (

    select * from {{ ref('fct_orders') }}
    where is_placed

),

first_orders as (

    select min(ordered_at) as first_order_at
    from orders

),

steps as (

    select cast(numbers.number as bigint) as number
    from (values {% for number in range(var('activity_snapshots') + 1) -%}
        ({{ number }}){{ ', ' if not loop.last }}
    {%- endfor %}) as numbers (number)

),

cutoffs as (

    select
        number,
        {{ days_after(as_of_date(), '-' ~ var('activity_window_days') ~ ' * number') }}
            as cutoff_at
    from steps

),

measured as (

    select
        cutoffs.number,
        cutoffs.cutoff_at,
        least(
            {{ var('activity_base_days') }},
            {{ elapsed_days('first_orders.first_order_at', 'cutoffs.cutoff_at') }}
        ) as base_days
    from cutoffs
    inner join first_orders
        on cutoffs.cutoff_at > first_orders.first_order_at

)

select
    number,
    base_days,
    number = 0 as is_current,
    number > 0 and base_days >= {{ var('activity_base_days') }} / 2 as is_training,
    cutoff_at
from measured
