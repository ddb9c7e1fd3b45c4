-- Where nothing is ahead of guessing by more than chance, no model of declines says anything:
-- the overdue rule decides where the customer's own typical gap is known. Of everyone else the
-- model of lifetime value says how likely they have left for good, and nothing where it has none.
-- A message pays from the probability at which it costs less than what it may save (Elkan 2001,
-- The foundations of cost-sensitive learning, IJCAI).
{% set high_risk = var('activity_false_alarm_cost')
    / (var('activity_false_alarm_cost') + var('activity_miss_cost')) -%}
with

buyers as (

    select * from {{ ref('activity_buyers') }}

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
        buyers.customer_id,
        buyers.data_basis,
        explained.model,
        case
            when explained.model is null and buyers.is_regular then measures.reason
            when explained.model is null then {{ text('not a regular customer') }}
        end as rule_reason,
        buyers.unknown_reason,
        coalesce(explained.reason_1, buyers.silence_reason) as reason_1,
        explained.reason_2,
        explained.reason_3,
        explained.probability as p_decline,
        1 - buyers.p_alive as p_left,
        buyers.overdue_ratio,
        case
            when explained.model = 'previous_period_orders' then 'baseline'
            when explained.model is not null then 'model'
            when buyers.overdue_ratio is not null then 'overdue'
            when buyers.p_alive is not null then 'p_alive'
            else 'none'
        end as basis,
        buyers.is_regular
    from buyers
    left join explained
        on buyers.customer_id = explained.customer_id
    left join measures
        on buyers.data_basis = measures.data_basis

),

weighed as (

    select
        *,
        case basis when 'p_alive' then p_left else p_decline end as p_loss
    from joined

)

select
    customer_id,
    data_basis,
    coalesce(
        model,
        case basis when 'overdue' then 'rule' when 'p_alive' then 'lifetime_value' else 'none' end
    ) as scored_by,
    basis,
    case
        when p_loss >= {{ high_risk }} - 1e-9
            or (
                basis = 'overdue'
                and overdue_ratio >= {{ var('activity_overdue_high') }}
            ) then 'high'
        when p_loss >= {{ high_risk * var('activity_medium_share') }} - 1e-9
            or (
                basis = 'overdue'
                and overdue_ratio >= {{ var('activity_overdue_medium') }}
            ) then 'medium'
        when basis <> 'none' then 'low'
    end as risk_band,
    reason_1,
    reason_2,
    reason_3,
    rule_reason
        || case basis when 'none' then coalesce('; ' || unknown_reason, '') else '' end
        as rule_reason,
    p_decline,
    p_left,
    is_regular
from weighed
