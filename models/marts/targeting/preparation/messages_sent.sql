-- Messages that customers got from campaigns. A send weighs on a customer even where
-- something else is wrong with its row; a member of an exported list counts as
-- contacted, whether or not the data report it yet. Two keys of a person that got one each
-- are two messages to the person.
with

contacts as (

    select
        contacts.campaign_id,
        contacts.customer_id as customer_key,
        {{ person_of('contacts.customer_id') }} as customer_id,
        contacts.sent_at
    from {{ ref('campaign_contacts_validated') }} as contacts
    {{ join_persons('contacts.customer_id') }}
    where contacts.decision <> 'merged'
        and contacts.customer_id is not null
        and contacts.sent_at is not null

),

campaigns as (

    select * from {{ ref('int_campaigns_validated') }}
    where decision = 'accepted'

),

assignments as (

    select * from {{ ref('int_assignments_saved') }}
    where arm = 'treatment'

),

exported as (

    select * from {{ ref('int_campaigns_exported') }}

),

reported as (

    select
        contacts.customer_key,
        contacts.customer_id,
        coalesce(contacts.campaign_id, 'unknown') as campaign_id,
        campaigns.list_name,
        lower(campaigns.channel) as channel,
        max(contacts.sent_at) as sent_at
    from contacts
    left join campaigns
        on contacts.campaign_id = campaigns.campaign_id
    group by
        contacts.customer_key,
        contacts.customer_id,
        contacts.campaign_id,
        campaigns.list_name,
        campaigns.channel

),

recorded as (

    select
        assignments.customer_key,
        assignments.customer_id,
        assignments.campaign_id,
        exported.list_name,
        assignments.channel,
        cast(exported.started_date as timestamp) as sent_at
    from assignments
    inner join exported
        on assignments.campaign_id = exported.campaign_id
    left join reported
        on assignments.customer_key = reported.customer_key
        and assignments.campaign_id = reported.campaign_id
    where reported.customer_key is null

),

messages as (

    select * from reported

    union all

    select * from recorded

)

select
    customer_key,
    customer_id,
    campaign_id,
    list_name,
    channel,
    sent_at
from messages
