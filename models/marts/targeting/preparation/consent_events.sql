-- What each event of the log says, of a person or of one address. Who names a key speaks of the
-- person, with all addresses; who names an address speaks of that address under every key. What
-- concerns a channel that the address does not serve, as an e-mail that wants no SMS, is said of
-- every person who has the address.
{% set columns = [
    'channel', 'consent_purpose', 'is_granted', 'event_at', 'source_file', 'source_row',
] -%}
with

events as (

    select * from {{ ref('consents_requested') }}

),

names as (

    select * from {{ ref('int_addresses_named') }}
    where input = 'consents'

),

customers as (

    select * from {{ ref('dim_customers') }}

),

customer_addresses as (

    select * from {{ ref('customer_addresses') }}

),

events_by_address as (

    select
        events.*,
        names.address_key,
        names.address_kind,
        names.written_key,
        names.normalised_key
    from events
    inner join names
        on events.source_file = names.source_file
        and events.source_row = names.source_row

),

-- The hash of a contact may stand for a key, and where it is none nothing is known of it.
by_key as (

    select
        customer_id as customer_key,
        {{ columns | join(', ') }}
    from events
    where customer_id is not null
        and (
            not {{ is_contact_hash('customer_id') }}
            or customer_id in (select customers.customer_id from customers)
        )
    {%- for key in ['written_key', 'normalised_key'] %}

    union all

    select
        {{ key }} as customer_key,
        {{ columns | join(', ') }}
    from events_by_address
    where {{ key }} is not null
    {%- endfor %}

),

scoped as (

    select
        'person' as scope,
        {{ person_of('by_key.customer_key') }} as scope_key,
        {{ columns | join(', ') }}
    from by_key
    {{ join_persons('by_key.customer_key') }}

    union all

    select
        'person' as scope,
        customer_addresses.customer_id as scope_key,
        {{ columns | join(', ') }}
    from events_by_address
    inner join customer_addresses
        on events_by_address.address_key = customer_addresses.address_key
    where events_by_address.address_kind <> events_by_address.address

    union all

    select
        'address' as scope,
        address_key as scope_key,
        {{ columns | join(', ') }}
    from events_by_address
    where address_kind = address

)

select
    scope,
    scope_key,
    {{ columns | join(',\n    ') }}
from scoped
