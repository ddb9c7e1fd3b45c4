-- Who a campaign contacted and who responded, as known on the as-of date.
-- Controls were not contacted; customers whose response is unknown say nothing. What was sent to
-- several keys of a person was sent to the person.
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
        {{ person_of('contacts.customer_id') }} as customer_id,
        contacts.revenue,
        contacts.margin,
        contacts.responded as has_responded,
        coalesce(contacts.sent_at, campaigns.started_at) as contacted_at
    from contacts
    inner join campaigns
        on contacts.campaign_id = campaigns.campaign_id
    {{ join_persons('contacts.customer_id') }}

)

select
    campaign_id,
    customer_id,
    cast(sum(revenue) as decimal(18, 4)) as revenue,
    cast(sum(margin) as decimal(18, 4)) as margin,
    bool_or(has_responded) as has_responded,
    min(contacted_at) as contacted_at
from contacted
where contacted_at is null
    or contacted_at < {{ as_of_date() }}
group by campaign_id, customer_id
