-- In weeks when all regular customers order less, silence counts less. Who orders at
-- random is silent for r median gaps with a chance of 1 in 2^r, without any decline.
with

features as (

    select * from {{ ref('activity_features') }}
    where is_current

),

-- Half of the gaps of orders at random are shorter than ln 2 of the mean one. One
-- order has no gap.
totals as (

    select
        customer_id,
        recency_days,
        ln(2) * {{ ratio('tenure_days', 'orders') }} as typical_gap_days
    from {{ ref('customer_totals') }}
    where basis = 'placed'
        and source = 'totals'
        and orders > 1

),

pace as (

    select
        least(coalesce({{ ratio(
            'sum(cast(previous_period_orders as decimal(28, 12)))',
            'sum(cast(typical_orders as decimal(28, 12)))',
        ) }}, 1), 1) as pace
    from features

)

select
    features.customer_id,
    features.data_basis,
    coalesce(features.recency_days, totals.recency_days) as recency_days,
    coalesce(features.median_gap_days, totals.typical_gap_days) as typical_gap_days,
    coalesce(
        (
            features.recency_days
            - (1 - pace.pace)
            * least(features.recency_days, {{ var('activity_window_days') }})
        ) / greatest(features.median_gap_days, 1),
        totals.recency_days / case
            when totals.typical_gap_days < 1 then cast(1 as double)
            else totals.typical_gap_days
        end
    ) as overdue_ratio
from features
cross join pace
left join totals
    on features.customer_id = totals.customer_id
