-- Each customer's latest consent by purpose and channel. Caution decides where
-- the log is in doubt: of events at one moment the withdrawal wins, a withdrawal
-- counts whatever its date and even where its time cannot be read, and a status
-- that is not a grant is a withdrawal. Where consents expire, one whose time is
-- not known has.
with

consents as (

    select
        *,
        coalesce(lower(status) = 'granted', false) as is_granted
    from {{ ref('int_consents_validated') }}
    where customer_id is not null
        and decision <> 'merged'

),

requested as (

    select distinct
        channel,
        consent_purpose
    from {{ ref('list_channels') }}

),

events as (

    select
        customer_id,
        coalesce(lower(channel), 'any') as channel,
        lower(purpose) as purpose,
        is_granted,
        coalesce(
            event_at,
            case
                when decision = 'accepted' then cast('0001-01-01' as timestamp)
                else cast('9999-12-31' as timestamp)
            end
        ) as event_at
    from consents
    where not is_granted
        or (
            decision = 'accepted'
            and (event_at is null or event_at < {{ as_of_date() }})
        )

),

latest as (

    select
        events.customer_id,
        requested.channel,
        requested.consent_purpose,
        events.is_granted,
        {% if var('consent_valid_days') is none -%}
        false as is_expired
        {%- else -%}
        events.is_granted
            and events.event_at < {{ days_after(as_of_date(), -var('consent_valid_days')) }}
            as is_expired
        {%- endif %}
    from events
    inner join requested
        on events.channel in (requested.channel, 'any')
        and coalesce(events.purpose, requested.consent_purpose) = requested.consent_purpose
    qualify row_number() over (
        partition by events.customer_id, requested.channel, requested.consent_purpose
        order by events.event_at desc, events.is_granted
    ) = 1

)

select
    customer_id,
    channel,
    consent_purpose,
    is_granted,
    is_expired
from latest
