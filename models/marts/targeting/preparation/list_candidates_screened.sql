-- What looks at the customer alone: the channel, permission, messages sent, value,
-- and the buckets of holdout and arm.
with

channels as (

    select * from {{ ref('candidate_channels') }}
    where is_first

),

arms as (

    select * from {{ ref('candidate_arms') }}

),

lists as (

    select * from {{ ref('lists_priced') }}

),

values_of_contacts as (

    select * from {{ ref('contact_values') }}
    where is_best

),

last_messages as (

    select
        customer_id,
        list_name,
        max(sent_at) as sent_at
    from {{ ref('messages_sent') }}
    group by customer_id, list_name

),

valued as (

    select
        channels.*,
        lists.place,
        lists.ranking,
        lists.capacity,
        lists.budget,
        lists.minimum_expected_value,
        lists.allows_other_lists,
        worth.variant,
        worth.planned_cost,
        case
            when lists.lift_basis = 'responses' then cast(channels.score as decimal(18, 4))
            else worth.expected_value
        end as expected_value,
        bool_or(worth.order_margin is not null) over () as has_margins,
        {{ elapsed_days('last_messages.sent_at', as_of_date()) }} as days_since_last,
        coalesce(
            last_messages.sent_at > {{ days_after(as_of_date(), '-lists.cooldown_days') }},
            false
        ) as is_cooling_down
    from channels
    inner join lists
        on channels.list_name = lists.list_name
    inner join values_of_contacts as worth
        on channels.list_name = worth.list_name
        and channels.customer_id = worth.customer_id
    left join last_messages
        on channels.list_name = last_messages.list_name
        and channels.customer_id = last_messages.customer_id

)

select
    valued.list_name,
    valued.customer_id,
    valued.channel,
    valued.address_key,
    arms.stratum,
    valued.reachability,
    valued.consent_basis,
    valued.own_exclusion,
    valued.ranking,
    arms.control_share,
    valued.place,
    valued.capacity,
    valued.channel_cap,
    valued.score,
    valued.budget,
    valued.minimum_expected_value,
    valued.variant,
    valued.planned_cost,
    valued.expected_value,
    valued.sends_in_window,
    valued.sends_in_channel,
    valued.days_since_last,
    arms.holdout_bucket,
    arms.bucket,
    valued.allows_other_lists,
    valued.is_reachable,
    valued.has_consent,
    valued.is_suppressed,
    valued.is_erased,
    valued.is_address_held_out,
    valued.is_pressed,
    valued.is_cooling_down,
    -- Where no order has a known margin, the value is unknown, not too small.
    coalesce(
        valued.expected_value >= valued.minimum_expected_value, not valued.has_margins
    ) as is_worth_it,
    arms.is_in_holdout,
    arms.is_control
from valued
inner join arms
    on valued.list_name = arms.list_name
    and valued.customer_id = arms.customer_id
