-- Customers who will probably respond to the next planned campaign, down to the
-- depth at which the expected profit of the list is highest: as far as a
-- response is expected to bring more than the message costs.
with

scores as (

    select * from {{ ref('response_scores') }}
    where expected_profit > 0

),

campaigns as (

    select * from {{ ref('response_campaigns') }}
    where is_planned
    qualify row_number() over (order by place) = 1

)

select
    scores.customer_id,
    cast(null as string) as product_id,
    {{ text(
        'responds to {campaign} with probability {probability}, at depth {depth} %',
        campaign='coalesce(campaigns.campaign_name, campaigns.campaign_id)',
        probability=number_text('scores.p_response'),
        depth=number_text('100 * scores.depth')
    ) }}
        || coalesce(': ' || scores.reason_1, '')
        || coalesce('; ' || scores.reason_2, '') as reason,
    cast(scores.expected_profit as double) as score
from scores
inner join campaigns
    on scores.campaign_id = campaigns.campaign_id
