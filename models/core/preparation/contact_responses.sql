-- Who a campaign contacted and who responded, as known on the as-of date.
-- Controls were not contacted; customers whose response is unknown say nothing.
with

contacts as (

    select * from {{ ref('campaign_contacts_validated') }}
    where decision = 'accepted'
        and responded is not null
        and coalesce(lower(arm), 'unassigned') <> 'control'

),

campaigns as (

    select * from {{ ref('int_campaigns_validated') }}
    where decision = 'accepted'

),

contacted as (

    select
        contacts.campaign_id,
        contacts.customer_id,
        contacts.revenue,
        contacts.margin,
        contacts.responded as has_responded,
        coalesce(contacts.sent_at, campaigns.started_at) as contacted_at
    from contacts
    inner join campaigns
        on contacts.campaign_id = campaigns.campaign_id

)

select
    campaign_id,
    customer_id,
    revenue,
    margin,
    has_responded,
    contacted_at
from contacted
where contacted_at is null
    or contacted_at < {{ as_of_date() }}
