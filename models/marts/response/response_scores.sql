-- Where nothing tells customers apart, nobody is foretold to answer: the rule is
-- to leave the list to the campaign's own terms.
with

features as (

    select * from {{ ref('response_features') }}
    where is_planned

),

campaigns as (

    select * from {{ ref('response_campaigns') }}

),

scores as (

    select * from {{ ref('responder_scores') }}
    where model not in ('majority', 'none')

),

words as (

    select * from {{ ref('response_phrases') }}

),

joined as (

    select
        features.customer_id,
        features.campaign_id,
        scores.model,
        {%- for place in [1, 2, 3] %}
        {{ usual_text('words_' ~ place, place) }} as reason_{{ place }},
        {%- endfor %}
        {{ null_if_nan('scores.probability') }} as p_response,
        campaigns.answer_value,
        campaigns.contact_cost
    from features
    inner join campaigns
        on features.campaign_id = campaigns.campaign_id
    inner join scores
        on features.row_key = scores.row_key
    {%- for place in [1, 2, 3] %}
    left join words as words_{{ place }}
        on scores.feature_{{ place }} = words_{{ place }}.feature
    {%- endfor %}

)

select
    customer_id,
    campaign_id,
    model as scored_by,
    reason_1,
    reason_2,
    reason_3,
    p_response,
    cast(
        p_response * cast(answer_value as double) - cast(contact_cost as double)
        as decimal(18, 4)
    ) as expected_profit,
    {{ ratio(
        'row_number() over (partition by campaign_id order by p_response desc, customer_id)',
        'count(*) over (partition by campaign_id)'
    ) }} as depth
from joined
