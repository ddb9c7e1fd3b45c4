-- The days as of which customers are observed. The as-of date is scored. Past
-- ones train: those an outcome window apart, so that no outcome is counted
-- twice, if the history before them fills the base window by half; and those as
-- of which the dataset itself says who declined.
with

orders as (

    select * from {{ ref('fct_orders') }}
    where is_placed

),

labels as (

    select * from {{ ref('int_activity_labels_validated') }}
    where decision = 'accepted'

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

windows as (

    select
        steps.number,
        {{ days_after(
            as_of_date(), '-' ~ var('activity_window_days') ~ ' * steps.number'
        ) }} as cutoff_at
    from steps

),

label_dates as (

    select distinct as_of_date as cutoff_at
    from labels
    where as_of_date <= {{ as_of_date() }}

),

dates as (

    select
        windows.number,
        windows.cutoff_at
    from windows
    cross join first_orders
    where windows.number = 0
        or first_orders.first_order_at < windows.cutoff_at

    union all

    select
        {{ var('activity_snapshots') }}
            + row_number() over (order by label_dates.cutoff_at desc) as number,
        label_dates.cutoff_at
    from label_dates
    where label_dates.cutoff_at not in (
        select windows.cutoff_at
        from windows
        cross join first_orders
        where windows.number = 0
            or first_orders.first_order_at < windows.cutoff_at
    )

),

measured as (

    select
        dates.number,
        dates.cutoff_at,
        greatest(coalesce(least(
            {{ var('activity_base_days') }},
            {{ elapsed_days('first_orders.first_order_at', 'dates.cutoff_at') }}
        ), 0), 0) as base_days
    from dates
    cross join first_orders
    where dates.cutoff_at is not null

)

select
    number,
    cast(base_days as bigint) as base_days,
    number = 0 as is_current,
    number between 1 and {{ var('activity_snapshots') }}
        and base_days >= {{ var('activity_base_days') }} / 2 as is_training,
    cutoff_at in (select label_dates.cutoff_at from label_dates) as is_labelled,
    cutoff_at
from measured
