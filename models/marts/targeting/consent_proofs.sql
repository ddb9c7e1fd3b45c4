-- By which row of which file a person may be written to, or not: the latest event of the person
-- and of each address, and which of them decides. A withdrawal goes before a grant, but for one
-- of an address that the person has consented after; a grant that still holds before one that has
-- expired.
with

events as (

    select * from {{ ref('consents_by_customer') }}

),

consents as (

    select * from {{ ref('int_consents_validated') }}

)

select
    events.customer_id,
    events.channel,
    events.consent_purpose,
    events.scope,
    case when events.is_granted then 'granted' else 'withdrawn' end as status,
    case
        when {{ is_contact('consents.source') }} then {{ text('(a contact)') }}
        else consents.source
    end as consent_source,
    events.source_file,
    events.source_row,
    events.is_expired,
    events.is_used and row_number() over (
        partition by events.customer_id, events.channel, events.consent_purpose
        order by
            events.is_used desc,
            events.is_outdated,
            events.is_granted,
            events.is_expired,
            consents.event_at desc nulls last,
            events.scope,
            events.source_file,
            events.source_row
    ) = 1 as is_decisive,
    consents.event_at
from events
inner join consents
    on events.source_file = consents.source_file
    and events.source_row = consents.source_row
