-- Whether a customer may be contacted, whatever for: checked by the first four
-- steps of a list, and again by an export. The person or the address must have
-- consented and neither may have withdrawn, nor another person who has the
-- address. What a person says holds for the address too, so that a later consent of
-- the person ends a withdrawal that named the address.
with

asked as (

    select * from {{ ref('channels_asked') }}

),

consents as (

    select * from {{ ref('consents_resolved') }}

),

refusals as (

    select * from {{ ref('addresses_refused') }}

),

decided as (

    select
        asked.customer_id,
        asked.channel,
        asked.consent_purpose,
        asked.reachability,
        {% if are_consents_recorded() -%}
        case
            when asked.is_possibly_minor then 'possibly a minor'
            when not of_person.is_granted
                or refusals.is_withdrawn
                or (
                    not of_address.is_granted
                    and not coalesce(
                        of_person.is_granted and of_person.event_at > of_address.event_at, false
                    )
                )
                then 'consent withdrawn'
            when of_person.scope_key is null and of_address.scope_key is null
                then 'no consent known'
            when not coalesce(of_person.is_granted and not of_person.is_expired, false)
                and not coalesce(of_address.is_granted and not of_address.is_expired, false)
                then 'consent expired'
            else 'granted'
        end as consent_basis,
        {%- else -%}
        case
            when asked.is_possibly_minor then 'possibly a minor'
            else 'not recorded'
        end as consent_basis,
        {%- endif %}
        asked.is_suppressed or coalesce(refusals.is_suppressed, false) as is_suppressed,
        asked.is_erased
    from asked
    {%- for scope, key in [('person', 'customer_id'), ('address', 'address_key')] %}
    left join consents as of_{{ scope }}
        on of_{{ scope }}.scope = '{{ scope }}'
        and asked.{{ key }} = of_{{ scope }}.scope_key
        and asked.channel = of_{{ scope }}.channel
        and asked.consent_purpose = of_{{ scope }}.consent_purpose
    {%- endfor %}
    left join refusals
        on asked.address_key = refusals.address_key
        and asked.channel = refusals.channel
        and asked.consent_purpose = refusals.consent_purpose

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
