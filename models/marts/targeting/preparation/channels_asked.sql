-- By which channel a customer can be reached, at which address. Files without any address say
-- nothing about who can be reached.
{{ config(materialized='ephemeral') }}
with

customers as (

    select * from {{ ref('customer_restrictions') }}

),

contacts as (

    select
        customer_id,
        email like '%_@_%._%'
            and email not like '%@%@%'
            and email not like '% %' as has_email,
        translate(phone, '+0123456789 -().', '') = ''
            and length(translate(phone, '+ -().', '')) between 7 and 15 as has_phone,
        email_key,
        phone_key
    from {{ ref('customer_contacts') }}

),

recorded_addresses as (

    select count(*) > 0 as has_any from {{ ref('customer_contacts') }}
    where email is not null
        or phone is not null

),

requested as (

    select distinct
        channel,
        address,
        consent_purpose
    from {{ ref('list_channels') }}

)

select
    customers.customer_id,
    requested.channel,
    requested.consent_purpose,
    case requested.address
        when 'email' then contacts.email_key
        when 'phone' then contacts.phone_key
    end as address_key,
    case
        when case requested.address
            when 'email' then contacts.has_email
            when 'phone' then contacts.has_phone
        end then 'reachable'
        {%- if are_consents_recorded() %}
        when recorded_addresses.has_any then 'unreachable'
        {%- endif %}
        else 'not recorded'
    end as reachability,
    customers.is_possibly_minor,
    customers.is_suppressed,
    customers.is_erased
from customers
cross join requested
cross join recorded_addresses
left join contacts
    on customers.customer_id = contacts.customer_id
