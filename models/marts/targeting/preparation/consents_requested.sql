-- Each event of the log, for every channel and purpose that it is about. Caution decides where
-- the log is in doubt: a withdrawal counts whatever its date and even where its time cannot be
-- read, and a status that is not a grant is a withdrawal.
{{ config(materialized='ephemeral') }}
with

consents as (

    select
        *,
        coalesce(lower(status) = 'granted', false) as is_granted
    from {{ ref('int_consents_validated') }}
    where decision <> 'merged'

),

requested as (

    select distinct
        channel,
        address,
        consent_purpose
    from {{ ref('list_channels') }}

)

select
    consents.customer_id,
    consents.source_file,
    consents.source_row,
    consents.is_granted,
    requested.channel,
    requested.address,
    requested.consent_purpose,
    coalesce(
        consents.event_at,
        case
            when consents.decision = 'accepted' then cast('0001-01-01' as timestamp)
            else cast('9999-12-31' as timestamp)
        end
    ) as event_at
from consents
inner join requested
    on coalesce(lower(consents.channel), 'any') in (requested.channel, 'any')
    and coalesce(lower(consents.purpose), requested.consent_purpose) = requested.consent_purpose
where not consents.is_granted
    or (
        consents.decision = 'accepted'
        and (consents.event_at is null or consents.event_at < {{ as_of_date() }})
    )
