-- Where nothing is ahead of guessing by more than chance, no model says anything:
-- the overdue rule decides where the customer's own typical gap is known, and nothing
-- where it is not.
-- In weeks when all regular customers order less, silence counts less. Who orders at
-- random is silent for r median gaps with a chance of 1 in 2^r, without any decline.
-- A message pays from the probability at which it costs less than what it may
-- save (Elkan 2001, The foundations of cost-sensitive learning, IJCAI).
{% set high_risk = var('activity_false_alarm_cost')
    / (var('activity_false_alarm_cost') + var('activity_miss_cost')) -%}
with

features as (

    select * from {{ ref('activity_features') }}
    where is_current

),

scores as (

    select * from {{ ref('ml_activity_scores') }}
    where model not in ('majority', 'none')

),

measures as (

    select * from {{ ref('activity_evaluations') }}
    where is_chosen

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

words as (

    select
        feature,
        {{ worded('phrase') }} as phrase
    from {{ ref('feature_words') }}

),

pace as (

    select
        least(coalesce({{ ratio(
            'sum(cast(previous_period_orders as decimal(28, 12)))',
            'sum(cast(typical_orders as decimal(28, 12)))',
        ) }}, 1), 1) as pace
    from features

),

silences as (

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

),

joined as (

    select
        silences.customer_id,
        silences.data_basis,
        scores.model,
        case
            when scores.model is null then measures.reason
        end as rule_reason,
        {{ null_if_nan('scores.probability') }} as p_decline,
        {{ number_text('silences.recency_days') }} as days_text,
        {{ number_text('silences.typical_gap_days') }} as gap_text,
        silences.overdue_ratio,
        case
            when scores.model = 'previous_period_orders' then 'baseline'
            when scores.model is not null then 'model'
            when silences.overdue_ratio is not null then 'overdue'
            else 'none'
        end as basis,
        {%- for place in [1, 2, 3] %}
        {{ typical_text('words_' ~ place, place) }} as reason_{{ place }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from silences
    left join scores
        on silences.customer_id = scores.customer_id
    left join measures
        on silences.data_basis = measures.data_basis
    {%- for place in [1, 2, 3] %}
    left join words as words_{{ place }}
        on scores.feature_{{ place }} = words_{{ place }}.feature
    {%- endfor %}

)

select
    customer_id,
    data_basis,
    coalesce(model, case basis when 'overdue' then 'rule' else 'none' end) as scored_by,
    basis,
    case
        when p_decline >= {{ high_risk }} - 1e-9
            or (
                basis = 'overdue'
                and overdue_ratio >= {{ var('activity_overdue_high') }}
            ) then 'high'
        when p_decline >= {{ high_risk * var('activity_medium_share') }} - 1e-9
            or (
                basis = 'overdue'
                and overdue_ratio >= {{ var('activity_overdue_medium') }}
            ) then 'medium'
        when basis <> 'none' then 'low'
    end as risk_band,
    coalesce(
        reason_1,
        {{ text(
            'last order {days} ago, typical gap {gap}',
            days=counted('days_text', 'day|days'), gap=counted('gap_text', 'day|days')
        ) }}
    ) as reason_1,
    reason_2,
    reason_3,
    rule_reason,
    p_decline
from joined
