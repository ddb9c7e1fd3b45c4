-- Where nothing is ahead of guessing by more than chance, no model says anything:
-- the overdue rule decides where the customer's own typical gap is known, and nothing
-- where it is not.
-- A message pays from the probability at which it costs less than what it may
-- save (Elkan 2001, The foundations of cost-sensitive learning, IJCAI).
{% set high_risk = var('activity_false_alarm_cost')
    / (var('activity_false_alarm_cost') + var('activity_miss_cost')) -%}
with

silences as (

    select * from {{ ref('activity_silences') }}

),

scores as (

    select * from {{ ref('ml_activity_scores') }}
    where model not in ('majority', 'none')

),

measures as (

    select * from {{ ref('activity_evaluations') }}
    where is_chosen

),

words as (

    select
        feature,
        {{ worded('phrase') }} as phrase
    from {{ ref('feature_words') }}

),

explained as (

    {{ score_reasons('customer_id') }}

),

joined as (

    select
        silences.customer_id,
        silences.data_basis,
        explained.model,
        case
            when explained.model is null then measures.reason
        end as rule_reason,
        explained.reason_1,
        explained.reason_2,
        explained.reason_3,
        explained.probability as p_decline,
        {{ number_text('silences.recency_days') }} as days_text,
        {{ number_text('silences.typical_gap_days') }} as gap_text,
        silences.overdue_ratio,
        case
            when explained.model = 'previous_period_orders' then 'baseline'
            when explained.model is not null then 'model'
            when silences.overdue_ratio is not null then 'overdue'
            else 'none'
        end as basis
    from silences
    left join explained
        on silences.customer_id = explained.customer_id
    left join measures
        on silences.data_basis = measures.data_basis

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
