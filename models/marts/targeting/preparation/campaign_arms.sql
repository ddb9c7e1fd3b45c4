-- Who each campaign assigned to which arm: as assigned, whoever really got the message.
{{ config(materialized='ephemeral') }}
with

windows as (

    select * from {{ ref('campaign_windows') }}

),

contacts as (

    select * from {{ ref('campaign_contacts_validated') }}
    where decision = 'accepted'

),

assignments as (

    select * from {{ ref('int_assignments_exported') }}

),

-- The arm is the one that the export assigned, whatever a tool says that it did.
assigned as (

    select
        assignments.campaign_id,
        assignments.customer_id,
        assignments.arm,
        coalesce(assignments.stratum, 'all') as stratum,
        assignments.channel,
        contacts.revenue,
        contacts.margin,
        assignments.arm <> 'control' as is_contacted,
        contacts.responded,
        contacts.converted,
        contacts.sent_at
    from assignments
    left join contacts
        on assignments.campaign_id = contacts.campaign_id
        and assignments.customer_id = contacts.customer_id

    union all

    select
        contacts.campaign_id,
        contacts.customer_id,
        coalesce(lower(contacts.arm), 'unassigned') as arm,
        'all' as stratum,
        cast(null as string) as channel,
        contacts.revenue,
        contacts.margin,
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
        and contacts.customer_id = assignments.customer_id
    where assignments.customer_id is null

),

-- With a planned split, customers never assigned are in no arm.
split as (

    select
        *,
        bool_or(arm <> 'unassigned') over (partition by campaign_id) as has_arms
    from assigned

)

select
    windows.campaign_id,
    windows.list_name,
    split.customer_id,
    split.arm,
    split.stratum,
    coalesce(split.channel, windows.channel) as channel,
    windows.offer,
    windows.contact_cost,
    windows.offer_cost,
    split.revenue as reported_revenue,
    split.margin as reported_margin,
    split.is_contacted,
    split.responded as has_responded,
    split.converted as has_converted,
    windows.is_window_over,
    windows.has_sales,
    split.sent_at,
    windows.pre_start_at,
    windows.window_start_at,
    windows.window_end_at
from windows
inner join split
    on windows.campaign_id = split.campaign_id
where split.arm <> 'unassigned'
    or not split.has_arms
