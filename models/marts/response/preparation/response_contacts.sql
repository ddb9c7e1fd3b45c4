-- The past contacts of campaigns that train, and everyone for each planned campaign.
with

campaigns as (

    select * from {{ ref('response_campaigns') }}

),

responses as (

    select * from {{ ref('contact_responses') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

)

select
    campaigns.campaign_id,
    responses.customer_id,
    campaigns.place,
    responses.has_responded,
    not campaigns.is_dated as is_current,
    campaigns.cutoff_at
from campaigns
inner join responses
    on campaigns.campaign_id = responses.campaign_id
inner join customers
    on responses.customer_id = customers.customer_id
where campaigns.is_training
    and (campaigns.is_dated or not customers.has_orders)

union all

select
    campaigns.campaign_id,
    customers.customer_id,
    campaigns.place,
    cast(null as boolean) as has_responded,
    true as is_current,
    campaigns.cutoff_at
from campaigns
cross join customers
where campaigns.is_planned
