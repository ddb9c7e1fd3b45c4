-- What orders tell, counted again from those before the cut-off alone; the
-- outcome, from those of the window after it.
with

orders as (

    select * from {{ ref('fct_orders') }}
    where is_placed

),

recounts as (

    select
        features.customer_id,
        features.cutoff_at,
        min({{ elapsed_days('orders.ordered_at', 'features.cutoff_at') }})
            filter (where orders.ordered_at < features.cutoff_at) as recency_days,
        count(*) filter (
            where orders.ordered_at < features.cutoff_at
                and orders.ordered_at > {{
                    days_after('features.cutoff_at', -var('activity_window_days'))
                }}
        ) as previous_period_orders,
        count(*) filter (
            where orders.ordered_at >= features.cutoff_at
                and orders.ordered_at < {{
                    days_after('features.cutoff_at', var('activity_window_days'))
                }}
        ) as outcome_orders
    from {{ ref('activity_features') }} as features
    inner join orders
        on features.customer_id = orders.customer_id
    group by features.customer_id, features.cutoff_at

)

select
    features.customer_id,
    features.cutoff_at,
    features.recency_days,
    features.previous_period_orders,
    features.outcome_orders,
    recounts.recency_days as recounted_recency_days,
    recounts.previous_period_orders as recounted_previous_period_orders,
    recounts.outcome_orders as recounted_outcome_orders
from {{ ref('activity_features') }} as features
left join recounts
    on features.customer_id = recounts.customer_id
    and features.cutoff_at = recounts.cutoff_at
where features.recency_days is distinct from recounts.recency_days
    or features.previous_period_orders is distinct from recounts.previous_period_orders
    or (
        not features.is_current
        and features.outcome_orders is distinct from recounts.outcome_orders
    )
