-- A decline is defined as the labels that train are (activity_features), over the window
-- after the day of the score.
{% set window = var('activity_window_days') -%}
with

scores as (

    select
        model,
        data_basis,
        campaign_id,
        customer_id,
        probability,
        baseline_score,
        typical_orders,
        cast(as_of_date as timestamp) as scored_at
    from {{ ref('model_scores_saved') }}

),

labels as (

    select * from {{ by_person('activity_labels') }} as activity_labels
    where decision = 'accepted'
        and label in ('declined', 'steady')

),

orders as (

    select * from {{ ref('fct_orders') }}
    where is_placed
        and customer_id is not null

),

given as (

    select
        scores.customer_id,
        scores.scored_at,
        min_by(labels.label, labels.as_of_date) = 'declined' as is_declined
    from scores
    inner join labels
        on scores.customer_id = labels.customer_id
        and scores.scored_at < labels.as_of_date
        and {{ days_after('scores.scored_at', window) }} >= labels.as_of_date
    where scores.model = 'activity'
        and labels.as_of_date <= {{ as_of_date() }}
    group by scores.customer_id, scores.scored_at

),

ordered as (

    select
        scores.customer_id,
        scores.scored_at,
        max(scores.typical_orders) as typical_orders,
        count(orders.order_id) as outcome_orders
    from scores
    left join orders
        on scores.customer_id = orders.customer_id
        and scores.scored_at <= orders.ordered_at
        and {{ days_after('scores.scored_at', window) }} > orders.ordered_at
    where scores.model = 'activity'
        and scores.typical_orders is not null
        and {{ days_after('scores.scored_at', window) }} <= {{ as_of_date() }}
    group by scores.customer_id, scores.scored_at

),

expected as (

    select
        *,
        typical_orders * {{ ratio(
            'sum(outcome_orders) over (partition by scored_at)',
            'sum(cast(typical_orders as decimal(18, 6))) over (partition by scored_at)',
        ) }} as expected_orders
    from ordered

)

select
    scores.*,
    coalesce(
        given.is_declined,
        expected.outcome_orders
            < (1 - {{ var('activity_drop_share') }}) * expected.expected_orders - 1e-9
    ) as is_positive
from scores
left join given
    on scores.customer_id = given.customer_id
    and scores.scored_at = given.scored_at
left join expected
    on scores.customer_id = expected.customer_id
    and scores.scored_at = expected.scored_at
where scores.model = 'activity'
