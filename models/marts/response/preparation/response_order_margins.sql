-- Where nothing is recorded of a response: what those who responded ordered in the window.
with

campaigns as (

    select * from {{ ref('response_campaign_terms') }}

),

responses as (

    select * from {{ ref('contact_responses') }}

),

orders as (

    select
        *,
        placed_margin_estimate as margin
    from {{ ref('fct_orders') }}
    where is_placed

)

select
    responses.campaign_id,
    coalesce(sum(orders.margin), 0) as margin
from responses
inner join campaigns
    on responses.campaign_id = campaigns.campaign_id
inner join orders
    on responses.customer_id = orders.customer_id
    and campaigns.started_at <= orders.ordered_at
    and {{ days_after('campaigns.started_at', var('conversion_window_days')) }}
        > orders.ordered_at
where responses.has_responded
    and {{ days_after('campaigns.started_at', var('conversion_window_days')) }}
        <= {{ as_of_date() }}
group by responses.campaign_id
