-- Addresses that nobody is written to at, since one who has them said so as a person: by a
-- suppression, or by a withdrawal for the channel.
{{ config(materialized='ephemeral') }}
with

requested as (

    select distinct
        channel,
        address,
        consent_purpose
    from {{ ref('list_channels') }}

),

customer_addresses as (

    select * from {{ ref('customer_addresses') }}

),

suppressed as (

    select * from {{ ref('customers_suppressed') }}

),

withdrawn as (

    select * from {{ ref('consents_resolved') }}
    where scope = 'person'
        and not is_granted

),

refusals as (

    select
        customer_addresses.address_key,
        requested.channel,
        requested.consent_purpose,
        true as is_suppressed
    from suppressed
    inner join customer_addresses
        on suppressed.customer_id = customer_addresses.customer_id
    inner join requested
        on customer_addresses.address_kind = requested.address

    union all

    select
        customer_addresses.address_key,
        requested.channel,
        requested.consent_purpose,
        false as is_suppressed
    from withdrawn
    inner join customer_addresses
        on withdrawn.scope_key = customer_addresses.customer_id
    inner join requested
        on customer_addresses.address_kind = requested.address
        and withdrawn.channel = requested.channel
        and withdrawn.consent_purpose = requested.consent_purpose

)

select
    address_key,
    channel,
    consent_purpose,
    bool_or(is_suppressed) as is_suppressed,
    bool_or(not is_suppressed) as is_withdrawn
from refusals
group by address_key, channel, consent_purpose
