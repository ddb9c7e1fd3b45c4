-- The past campaigns, as told by the data or recorded by an export, with the window in
-- which their outcomes are counted and one as long before the send.
with

reported_campaigns as (

    select * from {{ ref('int_campaigns_validated') }}
    where decision = 'accepted'

),

exported_campaigns as (

    select * from {{ ref('int_campaigns_exported') }}

),

sends as (

    select
        campaign_id,
        min(sent_at) as first_sent_at
    from {{ ref('campaign_contacts_validated') }}
    where decision = 'accepted'
    group by campaign_id

),

definitions as (

    select * from {{ ref('list_definitions') }}

),

orders as (

    select ordered_at
    from {{ ref('fct_orders') }}
    where is_placed
        and ordered_at < {{ as_of_date() }}

),

-- What the data tell of a campaign's time is better than what the export planned.
campaigns as (

    select
        reported_campaigns.campaign_id,
        reported_campaigns.list_name,
        lower(reported_campaigns.channel) as channel,
        reported_campaigns.offer,
        reported_campaigns.contact_cost,
        reported_campaigns.offer_cost,
        coalesce(reported_campaigns.started_at, sends.first_sent_at) as window_start_at
    from reported_campaigns
    left join sends
        on reported_campaigns.campaign_id = sends.campaign_id

    union all

    select
        exported_campaigns.campaign_id,
        exported_campaigns.list_name,
        cast(null as string) as channel,
        cast(null as string) as offer,
        cast(null as decimal(18, 4)) as contact_cost,
        cast(null as decimal(18, 4)) as offer_cost,
        cast(exported_campaigns.started_date as timestamp) as window_start_at
    from exported_campaigns
    left join reported_campaigns
        on exported_campaigns.campaign_id = reported_campaigns.campaign_id
    where reported_campaigns.campaign_id is null

),

windows as (

    select
        campaigns.campaign_id,
        campaigns.list_name,
        campaigns.channel,
        coalesce(campaigns.offer, definitions.offer) as offer,
        coalesce(campaigns.contact_cost, definitions.contact_cost, 0) as contact_cost,
        coalesce(campaigns.offer_cost, definitions.offer_cost, 0) as offer_cost,
        {{ days_after('window_start_at', -var('conversion_window_days')) }}
            as pre_start_at,
        campaigns.window_start_at,
        {{ days_after('window_start_at', var('conversion_window_days')) }} as window_end_at
    from campaigns
    left join definitions
        on campaigns.list_name = definitions.list_name

),

sales as (

    select
        windows.campaign_id,
        count(*) as orders
    from windows
    inner join orders
        on windows.window_start_at <= orders.ordered_at
        and windows.window_end_at > orders.ordered_at
    group by windows.campaign_id

)

select
    windows.campaign_id,
    windows.list_name,
    windows.channel,
    windows.offer,
    cast(windows.contact_cost as decimal(18, 4)) as contact_cost,
    cast(windows.offer_cost as decimal(18, 4)) as offer_cost,
    coalesce(windows.window_end_at <= {{ as_of_date() }}, false) as is_window_over,
    coalesce(sales.orders, 0) > 0 as has_sales,
    windows.pre_start_at,
    windows.window_start_at,
    windows.window_end_at
from windows
left join sales
    on windows.campaign_id = sales.campaign_id
