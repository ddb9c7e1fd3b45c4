-- Where nothing is ahead of guessing by more than chance, nobody has a
-- probability of a response and the row says why: who to contact is left to the
-- campaign's own terms.
with

features as (

    select * from {{ ref('response_features') }}
    where is_planned

),

campaigns as (

    select * from {{ ref('response_campaigns') }}

),

scores as (

    select * from {{ ref('ml_response_scores') }}
    where model not in ('majority', 'none')

),

measures as (

    select * from {{ ref('response_evaluations') }}
    where is_chosen

),

words as (

    select * from {{ ref('response_phrases') }}

),

explained as (

    {{ score_reasons('row_key') }}

),

joined as (

    select
        features.customer_id,
        features.campaign_id,
        coalesce(explained.model, 'none') as scored_by,
        case
            when explained.model = 'previous_period_orders' then 'baseline'
            when explained.model is not null then 'model'
            else 'none'
        end as basis,
        case
            when explained.model is null then measures.reason
        end as basis_reason,
        explained.reason_1,
        explained.reason_2,
        explained.reason_3,
        explained.probability as p_response,
        campaigns.response_value,
        campaigns.contact_cost
    from features
    inner join campaigns
        on features.campaign_id = campaigns.campaign_id
    cross join measures
    left join explained
        on features.row_key = explained.row_key

)

select
    customer_id,
    campaign_id,
    scored_by,
    basis,
    reason_1,
    reason_2,
    reason_3,
    basis_reason,
    p_response,
    cast(
        p_response * cast(response_value as double) - cast(contact_cost as double)
        as decimal(18, 4)
    ) as expected_profit,
    case when p_response is not null then
        {{ ratio(
            'row_number() over ('
            ~ 'partition by campaign_id order by p_response desc nulls last, customer_id)',
            'count(p_response) over (partition by campaign_id)'
        ) }}
    end as depth
from joined
