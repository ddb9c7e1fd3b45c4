-- The messages that went to the address of a customer under another one's name: they weigh on
-- the address as the customer's own do.
{{ config(materialized='ephemeral') }}
with

shared_addresses as (

    select * from {{ ref('shared_addresses') }}

),

messages as (

    select * from {{ ref('messages_sent') }}
    where sent_at >= {{ days_after(as_of_date(), -var('contact_window_days')) }}

),

used_channels as (

    select distinct
        channel,
        address
    from {{ ref('list_channels') }}

),

channels as (

    select
        channel,
        address
    from {{ ref('contact_channels') }}

)

-- A message whose channel is not known may have gone to any address.
select
    shared_addresses.customer_id,
    used_channels.channel,
    count(*) as sends_in_window,
    count(*) filter (
        where coalesce(messages.channel, used_channels.channel) = used_channels.channel
    ) as sends_in_channel
from shared_addresses
inner join used_channels
    on shared_addresses.address = used_channels.address
inner join messages
    on shared_addresses.other_customer_id = messages.customer_id
left join channels
    on messages.channel = channels.channel
where coalesce(channels.address, shared_addresses.address) = shared_addresses.address
group by shared_addresses.customer_id, used_channels.channel
