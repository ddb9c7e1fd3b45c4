-- By which row of which file a person may be written to, or not: the latest event of the person
-- and of each address, and which of them decides. A withdrawal goes before a grant, a grant that
-- still holds before one that has expired.
with

resolved as (

    select * from {{ ref('consents_resolved') }}

),

consents as (

    select * from {{ ref('int_consents_validated') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

contacts as (

    select
        customer_id,
        unnest([email_key, phone_key]) as address_key
    from {{ ref('customer_contacts') }}

),

customer_addresses as (

    select * from {{ ref('customer_addresses') }}

),

found as (

    select
        resolved.*,
        resolved.scope_key as customer_id,
        true as is_used
    from resolved
    where resolved.scope = 'person'

    union all

    select
        resolved.*,
        customer_addresses.customer_id,
        contacts.address_key is not null as is_used
    from resolved
    inner join customer_addresses
        on resolved.scope_key = customer_addresses.address_key
    left join contacts
        on customer_addresses.customer_id = contacts.customer_id
        and customer_addresses.address_key = contacts.address_key
    where resolved.scope = 'address'

),

-- One event may name two addresses of a person.
events as (

    select
        found.customer_id,
        found.channel,
        found.consent_purpose,
        found.scope,
        found.source_file,
        found.source_row,
        found.is_granted,
        found.is_expired,
        bool_or(found.is_used) as is_used
    from found
    inner join customers
        on found.customer_id = customers.customer_id
    group by all

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
