-- Scores of earlier runs whose outcome is known by now. Of a campaign the last scores
-- before it was sent count.
with

declines as (

    select * from {{ ref('decline_outcomes') }}

),

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

campaign_responses as (

    select * from {{ ref('contact_responses') }}

),

responses as (

    select
        scores.*,
        campaign_responses.has_responded as is_positive
    from scores
    inner join campaign_responses
        on scores.campaign_id = campaign_responses.campaign_id
        and scores.customer_id = campaign_responses.customer_id
        and scores.scored_at <= coalesce(campaign_responses.contacted_at, {{ as_of_date() }})
    where scores.model = 'response'
    qualify row_number() over (
        partition by scores.campaign_id, scores.customer_id
        order by scores.scored_at desc
    ) = 1

),

outcomes as (

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
    case when is_positive then 1 else 0 end as label,
    cast(scored_at as date) as scored_date
from outcomes
where is_positive is not null
