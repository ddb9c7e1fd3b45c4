-- Each channel of a candidate's list, with what permits or forbids it. The first is the preferred
-- one of those that nothing forbids; where all are forbidden, the one that came furthest. An
-- address of many keys reaches nobody.
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

addresses as (

    select * from {{ ref('candidate_addresses') }}

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
        addresses.address_key,
        case
            when addresses.is_crowded and permissions.is_reachable then 'unreachable'
            else coalesce(permissions.reachability, 'unreachable')
        end as reachability,
        coalesce(permissions.consent_basis, 'no consent known') as consent_basis,
        case
            when permissions.customer_id is null or addresses.is_crowded then 'reachability'
            else permissions.own_exclusion
        end as own_exclusion,
        coalesce(permissions.is_reachable, false) and not coalesce(addresses.is_crowded, false)
            as is_reachable,
        coalesce(permissions.has_consent, false) as has_consent,
        coalesce(permissions.is_suppressed, false) as is_suppressed,
        coalesce(permissions.is_erased, false) as is_erased,
        coalesce(addresses.is_held_out, false) as is_address_held_out,
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
    left join addresses
        on candidates.customer_id = addresses.customer_id
        and channels.address = addresses.address

)

select
    list_name,
    customer_id,
    channel,
    address_key,
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
    is_address_held_out,
    is_pressed,
    preference,
    row_number() over (
        partition by list_name, customer_id
        order by
            case
                when own_exclusion is null and not is_pressed and not is_address_held_out then 0
                when own_exclusion is null and not is_pressed then 1
                when own_exclusion is null then 2
                when own_exclusion = 'erasure' then 3
                when own_exclusion = 'suppression' then 4
                when own_exclusion = 'consent' then 5
                else 6
            end,
            preference
    ) = 1 as is_first
from options
