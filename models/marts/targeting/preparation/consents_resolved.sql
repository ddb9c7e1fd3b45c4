-- The latest consent of each person and of each address by purpose and channel. Caution decides
-- where the log is in doubt: of events at one moment the withdrawal wins, a withdrawal counts
-- whatever its date and even where its time cannot be read, and a status that is not a grant is
-- a withdrawal. Where consents expire, one whose time is not known has.
with

events as (

    select * from {{ ref('consent_events') }}

)

select
    scope,
    scope_key,
    channel,
    consent_purpose,
    source_file,
    source_row,
    is_granted,
    {% if var('consent_valid_days') is none -%}
    false as is_expired
    {%- else -%}
    is_granted
        and event_at < {{ days_after(as_of_date(), -var('consent_valid_days')) }} as is_expired
    {%- endif %},
    event_at
from events
qualify row_number() over (
    partition by scope, scope_key, channel, consent_purpose
    order by event_at desc, is_granted, source_file, source_row
) = 1
