-- Of a list's channels a customer gets the first that nothing forbids; where all are
-- forbidden, the one that came furthest.
{{ config(materialized='ephemeral') }}
with

candidates as (

    select * from {{ ref('list_candidates') }}

),

channels as (

    select * from {{ ref('list_channels') }}

),

permissions as (

    select * from {{ ref('contact_permissions') }}

),

sends as (

    select * from {{ ref('messages_in_window') }}

),

options as (

    select
        candidates.list_name,
        candidates.customer_id,
        candidates.score,
        candidates.mean_margin,
        channels.channel,
        channels.contact_cap as channel_cap,
        channels.preference,
        coalesce(permissions.reachability, 'unreachable') as reachability,
        coalesce(permissions.consent_basis, 'no consent known') as consent_basis,
        case
            when permissions.customer_id is null then 'reachability'
            else permissions.own_exclusion
        end as own_exclusion,
        coalesce(permissions.is_reachable, false) as is_reachable,
        coalesce(permissions.has_consent, false) as has_consent,
        coalesce(permissions.is_suppressed, false) as is_suppressed,
        coalesce(permissions.is_erased, false) as is_erased,
        coalesce(sends.sends_in_window, 0) as sends_in_window,
        coalesce(sends.sends_in_channel, 0) as sends_in_channel,
        coalesce(sends.sends_in_window, 0) >= {{ var('contact_cap') }}
            or coalesce(sends.sends_in_channel, 0) >= channels.contact_cap
            as is_pressed
    from candidates
    inner join channels
        on candidates.list_name = channels.list_name
    left join permissions
        on candidates.customer_id = permissions.customer_id
        and channels.channel = permissions.channel
        and channels.consent_purpose = permissions.consent_purpose
    left join sends
        on candidates.customer_id = sends.customer_id
        and channels.channel = sends.channel

)

select
    list_name,
    customer_id,
    channel,
    reachability,
    consent_basis,
    own_exclusion,
    channel_cap,
    score,
    mean_margin,
    sends_in_window,
    sends_in_channel,
    is_reachable,
    has_consent,
    is_suppressed,
    is_erased,
    is_pressed
from options
qualify row_number() over (
    partition by list_name, customer_id
    order by
        case
            when own_exclusion is null and not is_pressed then 0
            when own_exclusion is null then 1
            when own_exclusion = 'erasure' then 2
            when own_exclusion = 'suppression' then 3
            when own_exclusion = 'consent' then 4
            else 5
        end,
        preference
) = 1
