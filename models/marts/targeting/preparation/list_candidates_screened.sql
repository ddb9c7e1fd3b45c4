-- What looks at the customer alone: the channel, permission, messages sent, value,
-- and the buckets of holdout and arm. Of a list's channels a customer gets the first
-- that nothing forbids; where all are forbidden, the one that came furthest.
{% set campaign_salt -%}
    '{{ project_name }}|' || shared.list_name || '|'
        || cast(cast({{ as_of_date() }} as date) as string) || '|'
{%- endset -%}
{% set holdout_salt = "'" ~ project_name ~ "|' || holdout.period || '|'" -%}
with

candidates as (

    select * from {{ ref('list_candidates') }}

),

lists as (

    select * from {{ ref('lists_priced') }}

),

channels as (

    select * from {{ ref('list_channels') }}

),

permissions as (

    select * from {{ ref('contact_permissions') }}

),

messages as (

    select * from {{ ref('messages_sent') }}

),

sends as (

    select
        customer_id,
        count(*) as sends_in_window
    from messages
    where sent_at >= {{ days_after(as_of_date(), -var('contact_window_days')) }}
    group by customer_id

),

segments as (

    select * from {{ ref('rfm_scores') }}
    where basis = 'bought'

),

control_shares as (

    select * from {{ ref('control_shares') }}

),

holdout as (

    select
        period,
        share
    from {{ ref('holdout_windows') }}
    where is_current

),

used_channels as (

    select distinct channel from channels

),

-- A message whose channel is not known weighs on every channel.
channel_sends as (

    select
        messages.customer_id,
        used_channels.channel,
        count(*) as sends_in_channel
    from messages
    inner join used_channels
        on coalesce(messages.channel, used_channels.channel) = used_channels.channel
    where messages.sent_at >= {{ days_after(as_of_date(), -var('contact_window_days')) }}
    group by messages.customer_id, used_channels.channel

),

last_messages as (

    select
        customer_id,
        list_name,
        max(sent_at) as sent_at
    from messages
    group by customer_id, list_name

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
        coalesce(channel_sends.sends_in_channel, 0) as sends_in_channel,
        coalesce(sends.sends_in_window, 0) >= {{ var('contact_cap') }}
            or coalesce(channel_sends.sends_in_channel, 0) >= channels.contact_cap
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
    left join channel_sends
        on candidates.customer_id = channel_sends.customer_id
        and channels.channel = channel_sends.channel

),

chosen as (

    select * from options
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

),

-- The share of controls is that of the customer's segment, else that of the list, else
-- that of all lists. The bucket is the same whatever the share.
shared as (

    select
        chosen.*,
        coalesce(own_shares.segment, 'all') as stratum,
        cast(coalesce(
            own_shares.control_share, list_shares.control_share, {{ var('control_share') }}
        ) as decimal(9, 4)) as control_share
    from chosen
    left join segments
        on chosen.customer_id = segments.customer_id
    left join control_shares as own_shares
        on chosen.list_name = own_shares.list_name
        and segments.segment = own_shares.segment
    left join control_shares as list_shares
        on chosen.list_name = list_shares.list_name
        and list_shares.segment = 'all'

),

valued as (

    select
        shared.*,
        lists.place,
        lists.ranking,
        lists.capacity,
        lists.budget,
        lists.minimum_expected_value,
        lists.allows_other_lists,
        cast(
            lists.contact_cost + lists.p_contacted * lists.offer_cost as decimal(18, 4)
        ) as planned_cost,
        cast(
            case
                when lists.lift_basis = 'responses'
                    then cast(shared.score as decimal(18, 4))
                else
                    (lists.p_contacted - lists.p_not_contacted) * shared.mean_margin
                    - lists.contact_cost
                    - lists.p_contacted * lists.offer_cost
            end as decimal(18, 4)
        ) as expected_value,
        bool_or(shared.mean_margin is not null) over () as has_margins,
        {{ elapsed_days('last_messages.sent_at', as_of_date()) }} as days_since_last,
        coalesce(
            last_messages.sent_at > {{ days_after(as_of_date(), '-lists.cooldown_days') }},
            false
        ) as is_cooling_down,
        {{ hash_bucket(holdout_salt, 'shared.customer_id') }} as holdout_bucket,
        holdout.share as holdout_share,
        {{ hash_bucket(campaign_salt, 'shared.customer_id') }} as bucket
    from shared
    cross join holdout
    inner join lists
        on shared.list_name = lists.list_name
    left join last_messages
        on shared.list_name = last_messages.list_name
        and shared.customer_id = last_messages.customer_id

)

select
    list_name,
    customer_id,
    channel,
    stratum,
    reachability,
    consent_basis,
    own_exclusion,
    ranking,
    control_share,
    place,
    capacity,
    channel_cap,
    score,
    budget,
    minimum_expected_value,
    planned_cost,
    expected_value,
    sends_in_window,
    sends_in_channel,
    days_since_last,
    holdout_bucket,
    bucket,
    allows_other_lists,
    is_reachable,
    has_consent,
    is_suppressed,
    is_erased,
    is_pressed,
    is_cooling_down,
    -- Where no order of anybody tells a margin, the value is unknown, not too small.
    coalesce(expected_value >= minimum_expected_value, not has_margins) as is_worth_it,
    holdout_bucket < 10000 * holdout_share as is_in_holdout,
    bucket < 10000 * control_share as is_control
from valued
