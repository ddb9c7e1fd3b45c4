with

campaigns as (

    select * from {{ ref('int_campaigns_validated') }}
    where decision = 'accepted'

),

contacts as (

    select
        contacts.campaign_id,
        count(*) as contacts,
        count(*) filter (where lower(contacts.arm) = 'control') as controls,
        min(contacts.sent_at) as first_sent_at
    from {{ ref('campaign_contacts_validated') }} as contacts
    inner join campaigns
        on contacts.campaign_id = campaigns.campaign_id
    where contacts.decision = 'accepted'
        and coalesce(
            coalesce(contacts.sent_at, campaigns.started_at) < {{ as_of_date() }}, true
        )
    group by contacts.campaign_id

),

responses as (

    select
        campaign_id,
        count(*) as contacted,
        count(*) filter (where has_responded) as responses,
        avg(margin) filter (where has_responded) as mean_margin,
        avg(revenue) filter (where has_responded) as mean_revenue
    from {{ ref('contact_responses') }}
    group by campaign_id

),

terms as (

    select * from {{ ref('list_definitions') }}
    where list_name = 'likely_responders'

)

select
    campaigns.campaign_id,
    campaigns.campaign_name,
    campaigns.offer,
    cast(row_number() over (
        order by
            campaigns.campaign_order nulls last,
            campaigns.started_at nulls last,
            campaigns.campaign_id
    ) as bigint) as place,
    coalesce(contacts.contacts, 0) as contacts,
    coalesce(contacts.controls, 0) as controls,
    coalesce(responses.contacted, 0) as contacted,
    coalesce(responses.responses, 0) as responses,
    coalesce(campaigns.contact_cost, terms.contact_cost) as contact_cost,
    coalesce(campaigns.offer_cost, terms.offer_cost) as offer_cost,
    -- What is recorded of a response is taken as it is; a margin before a revenue.
    cast(coalesce(responses.mean_margin, responses.mean_revenue) as decimal(18, 6))
        as recorded_value,
    coalesce(campaigns.started_at, contacts.first_sent_at) as started_at,
    campaigns.ended_at
from campaigns
left join terms
    on terms.list_name is not null
left join contacts
    on campaigns.campaign_id = contacts.campaign_id
left join responses
    on campaigns.campaign_id = responses.campaign_id
