-- Messages that customers got from campaigns. A send weighs on a customer even where
-- something else is wrong with its row.
with

contacts as (

    select * from {{ ref('int_campaign_contacts_judged') }}
    where decision <> 'merged'
        and customer_id is not null
        and sent_at is not null

),

campaigns as (

    select * from {{ ref('int_campaigns_judged') }}
    where decision = 'kept'

)

select
    contacts.customer_id,
    coalesce(contacts.campaign_id, 'unknown') as campaign_id,
    campaigns.list_name,
    lower(campaigns.channel) as channel,
    max(contacts.sent_at) as sent_at
from contacts
left join campaigns
    on contacts.campaign_id = campaigns.campaign_id
group by
    contacts.customer_id,
    contacts.campaign_id,
    campaigns.list_name,
    campaigns.channel
