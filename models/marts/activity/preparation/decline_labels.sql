with

cutoffs as (

    select * from {{ ref('cutoffs_used') }}

),

labels as (

    select * from {{ by_person('activity_labels') }} as activity_labels
    where decision = 'accepted'

),

orders as (

    select * from {{ ref('activity_orders') }}

),

levels as (

    select * from {{ ref('activity_order_features') }}
    where is_regular

),

given as (

    select
        cutoffs.number,
        labels.customer_id,
        labels.label = 'declined' as is_declined
    from cutoffs
    inner join labels
        on cutoffs.cutoff_at = labels.as_of_date
    where labels.label in ('declined', 'steady')

),

outcomes as (

    select
        cutoffs.number,
        orders.customer_id,
        count(*) as outcome_orders
    from cutoffs
    inner join orders
        on cutoffs.cutoff_at <= orders.ordered_at
        and {{ days_after('cutoffs.cutoff_at', var('activity_window_days')) }} > orders.ordered_at
    where cutoffs.is_training
    group by cutoffs.number, orders.customer_id

),

-- What happened to all regular customers is no decline of one: a season, and
-- that whoever was picked for buying much will mostly buy less.
outcomes_of_regulars as (

    select
        levels.number,
        levels.customer_id,
        levels.typical_orders,
        coalesce(outcomes.outcome_orders, 0) as outcome_orders,
        {{ ratio(
            'sum(outcomes.outcome_orders) over (partition by levels.number)',
            'sum(cast(levels.typical_orders as decimal(28, 12)))
                over (partition by levels.number)',
        ) }} as peer_change
    from levels
    inner join cutoffs
        on levels.number = cutoffs.number
        and cutoffs.is_training
    left join outcomes
        on levels.number = outcomes.number
        and levels.customer_id = outcomes.customer_id
    -- A given label stays: none is derived next to it.
    where levels.customer_id not in (select given.customer_id from given)

),

expected as (

    select
        number,
        customer_id,
        typical_orders * coalesce(peer_change, 0) as expected_orders,
        outcome_orders
    from outcomes_of_regulars

)

select
    number,
    customer_id,
    'given' as label_source,
    cast(null as double) as expected_orders,
    cast(null as bigint) as outcome_orders,
    is_declined
from given

union all

select
    number,
    customer_id,
    'derived' as label_source,
    expected_orders,
    outcome_orders,
    -- A fall by exactly the share is none; the tolerance keeps floats from deciding.
    outcome_orders
        < (1 - {{ var('activity_drop_share') }}) * expected_orders - 1e-9 as is_declined
from expected
