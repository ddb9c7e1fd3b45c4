-- The past campaigns, reported by the data or recorded by an export, with the
-- window in which their outcomes are counted and one as long before the send.
with

campaigns as (

    select * from {{ ref('past_campaigns') }}

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
