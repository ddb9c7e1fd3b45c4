-- The messages that weigh on a customer: those of the last contact_window_days, and whatever
-- went out after the as-of date, to the customer or under another name to the address.
{{ config(materialized='ephemeral') }}
with

messages as (

    select * from {{ ref('messages_sent') }}
    where sent_at >= {{ days_after(as_of_date(), -var('contact_window_days')) }}

),

used_channels as (

    select distinct channel from {{ ref('list_channels') }}

),

-- A message whose channel is not known weighs on every channel.
counted as (

    select
        messages.customer_id,
        used_channels.channel,
        count(*) as sends_in_window,
        count(*) filter (
            where coalesce(messages.channel, used_channels.channel) = used_channels.channel
        ) as sends_in_channel
    from messages
    cross join used_channels
    group by messages.customer_id, used_channels.channel

    union all

    select * from {{ ref('address_messages') }}

)

select
    customer_id,
    channel,
    cast(sum(sends_in_window) as bigint) as sends_in_window,
    cast(sum(sends_in_channel) as bigint) as sends_in_channel
from counted
group by customer_id, channel
