-- Today's model scores, saved so that they can be compared with the outcomes. The
-- rank of the baseline stands next to: the level that was last seen, or the
-- share of earlier campaigns responded to.
with

declines as (

    select
        'activity' as model,
        scores.data_basis,
        '' as campaign_id,
        scores.customer_id,
        scores.p_decline as probability,
        features.level_trend as baseline_score,
        features.typical_orders
    from {{ ref('activity_scores') }} as scores
    inner join {{ ref('activity_features') }} as features
        on scores.customer_id = features.customer_id
        and features.is_current
    where scores.p_decline is not null

),

responses as (

    select
        'response' as model,
        'everyone' as data_basis,
        scores.campaign_id,
        scores.customer_id,
        scores.p_response as probability,
        features.response_rate as baseline_score,
        cast(null as double) as typical_orders
    from {{ ref('response_scores') }} as scores
    inner join {{ ref('response_features') }} as features
        on scores.campaign_id = features.campaign_id
        and scores.customer_id = features.customer_id
        and features.is_planned
    where scores.p_response is not null

),

scores as (

    select * from declines

    union all

    select * from responses

)

select
    model,
    data_basis,
    campaign_id,
    customer_id,
    probability,
    baseline_score,
    typical_orders,
    cast({{ as_of_date() }} as date) as as_of_date
from scores
