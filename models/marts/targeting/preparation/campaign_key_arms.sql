-- Which arm each campaign assigned to each key, and what is known of it.
{{ config(materialized='ephemeral') }}
with

contacts as (

    select
        contacts.*,
        {{ person_of('contacts.customer_id') }} as person_id
    from {{ ref('campaign_contacts_validated') }} as contacts
    {{ join_persons('contacts.customer_id') }}
    where contacts.decision = 'accepted'

),

assignments as (

    select * from {{ ref('int_assignments_saved') }}

)

-- The arm is the one that the export assigned, whatever a tool says that it did.
select
    assignments.campaign_id,
    assignments.customer_key,
    assignments.customer_id,
    assignments.arm,
    coalesce(assignments.stratum, 'all') as stratum,
    assignments.channel,
    contacts.revenue,
    contacts.margin,
    true as is_recorded,
    assignments.arm <> 'control' as is_contacted,
    contacts.responded,
    contacts.converted,
    contacts.sent_at
from assignments
left join contacts
    on assignments.campaign_id = contacts.campaign_id
    and assignments.customer_key = contacts.customer_id

union all

select
    contacts.campaign_id,
    contacts.customer_id as customer_key,
    contacts.person_id as customer_id,
    coalesce(lower(contacts.arm), 'unassigned') as arm,
    'all' as stratum,
    cast(null as string) as channel,
    contacts.revenue,
    contacts.margin,
    false as is_recorded,
    -- Where no send is reported, everyone planned for contact was contacted.
    case
        when count(contacts.sent_at) over (partition by contacts.campaign_id) > 0
            then contacts.sent_at is not null
        else coalesce(lower(contacts.arm), 'unassigned') <> 'control'
    end as is_contacted,
    contacts.responded,
    contacts.converted,
    contacts.sent_at
from contacts
left join assignments
    on contacts.campaign_id = assignments.campaign_id
    and contacts.customer_id = assignments.customer_key
where assignments.customer_key is null
