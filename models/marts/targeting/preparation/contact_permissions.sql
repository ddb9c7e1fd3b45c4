-- Whether a customer may be contacted, whatever for: checked by the first four
-- steps of a list, and again by an export. Files without any address say
-- nothing about who can be reached.
{% set is_recorded = are_consents_recorded() -%}
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
            and length(translate(phone, '+ -().', '')) between 7 and 15 as has_phone
    from {{ ref('customer_contacts') }}

),

recorded_addresses as (

    select count(*) > 0 as has_any from {{ ref('customer_contacts') }}
    where email is not null
        or phone is not null

),

consents as (

    select * from {{ ref('consents_resolved') }}

),

requested as (

    select distinct
        channel,
        address,
        consent_purpose
    from {{ ref('list_channels') }}

),

decided as (

    select
        customers.customer_id,
        requested.channel,
        requested.consent_purpose,
        case
            when case requested.address
                when 'email' then contacts.has_email
                when 'phone' then contacts.has_phone
            end then 'reachable'
            {%- if is_recorded %}
            when recorded_addresses.has_any then 'unreachable'
            {%- endif %}
            else 'not recorded'
        end as reachability,
        {% if is_recorded -%}
        case
            when customers.is_possibly_minor then 'possibly a minor'
            when consents.customer_id is null then 'no consent known'
            when not consents.is_granted then 'consent withdrawn'
            when consents.is_expired then 'consent expired'
            else 'granted'
        end as consent_basis,
        {%- else -%}
        case
            when customers.is_possibly_minor then 'possibly a minor'
            else 'not recorded'
        end as consent_basis,
        {%- endif %}
        customers.is_suppressed,
        customers.is_erased
    from customers
    cross join requested
    cross join recorded_addresses
    left join contacts
        on customers.customer_id = contacts.customer_id
    left join consents
        on customers.customer_id = consents.customer_id
        and requested.channel = consents.channel
        and requested.consent_purpose = consents.consent_purpose

)

select
    customer_id,
    channel,
    consent_purpose,
    reachability,
    consent_basis,
    case
        when reachability = 'unreachable' then 'reachability'
        when consent_basis not in ('granted', 'not recorded') then 'consent'
        when is_suppressed then 'suppression'
        when is_erased then 'erasure'
    end as own_exclusion,
    reachability <> 'unreachable' as is_reachable,
    consent_basis in ('granted', 'not recorded') as has_consent,
    is_suppressed,
    is_erased
from decided
