-- The latest event of each person and of each address that a person has, and whether it is of
-- the address that is used. A withdrawal of an address is outdated where the person has consented
-- after it.
{{ config(materialized='ephemeral') }}
with

resolved as (

    select * from {{ ref('consents_resolved') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

contacts as (

    select
        customer_id,
        {{ row_per_value(['email_key', 'phone_key']) }} as address_key
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
        found.event_at,
        bool_or(found.is_used) as is_used
    from found
    inner join customers
        on found.customer_id = customers.customer_id
    group by all

),

judged as (

    select
        *,
        scope = 'address'
        and not is_granted
        and coalesce(
            event_at < max(event_at) filter (where scope = 'person' and is_granted) over (
                partition by customer_id, channel, consent_purpose
            ), false
        ) as is_outdated
    from events

)

select * from judged
