-- Cost of the messages and offers of the period's campaigns, by recipient.
{{ config(materialized='ephemeral') }}
with

windows as (

    select * from {{ ref('program_windows') }}

),

campaign_customers as (

    select * from {{ ref('campaign_customers') }}

),

messages as (

    select * from {{ ref('messages_sent') }}

),

contacts as (

    select
        windows.period,
        windows.customer_id,
        campaign_customers.cost,
        campaign_customers.is_contacted
    from windows
    inner join campaign_customers
        on windows.customer_id = campaign_customers.customer_id
        and windows.start_at <= campaign_customers.window_start_at
        and windows.read_until_at > campaign_customers.window_start_at

    union all

    select
        windows.period,
        windows.customer_id,
        cast(null as decimal(18, 4)) as cost,
        true as is_contacted
    from windows
    inner join messages
        on windows.customer_id = messages.customer_id
        and windows.start_at <= messages.sent_at
        and windows.read_until_at > messages.sent_at

)

select
    period,
    customer_id,
    sum(cost) as cost,
    bool_or(is_contacted) as is_contacted
from contacts
group by period, customer_id
