-- The segment and the cluster of each customer of a campaign as they were before the send.
{{ config(materialized='ephemeral') }}
with

customers as (

    select * from {{ ref('campaign_arms') }}

),

windows as (

    select * from {{ ref('campaign_windows') }}

),

segments as (

    select * from {{ ref('rfm_month_ends') }}
    where basis = 'bought'

),

clusters_then as (

    select * from {{ ref('campaign_clusters') }}

),

clusters_now as (

    select * from {{ ref('customer_clusters') }}
    where is_chosen

),

month_ends as (

    select distinct month_end_date from segments

),

last_month_ends as (

    select
        windows.campaign_id,
        max(month_ends.month_end_date) as month_end_date
    from windows
    inner join month_ends
        on cast(windows.window_start_at as date) >= month_ends.month_end_date
    group by windows.campaign_id

),

clusters_known as (

    select distinct campaign_id from clusters_then

)

select
    customers.campaign_id,
    customers.customer_id,
    case
        when last_month_ends.campaign_id is not null
            then coalesce(segments.segment, 'not yet a customer')
    end as segment,
    case
        when clusters_known.campaign_id is not null then clusters_then.cluster_key
        else clusters_now.cluster_key
    end as cluster_key,
    case
        when clusters_known.campaign_id is not null then clusters_then.cluster_name
        else clusters_now.cluster_name
    end as cluster_name,
    clusters_known.campaign_id is not null as is_cluster_of_then
from customers
left join last_month_ends
    on customers.campaign_id = last_month_ends.campaign_id
left join segments
    on customers.customer_id = segments.customer_id
    and last_month_ends.month_end_date = segments.month_end_date
left join clusters_known
    on customers.campaign_id = clusters_known.campaign_id
left join clusters_then
    on customers.campaign_id = clusters_then.campaign_id
    and customers.customer_id = clusters_then.customer_id
left join clusters_now
    on customers.customer_id = clusters_now.customer_id
