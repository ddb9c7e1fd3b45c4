-- A campaign's time in the data is better than what the export planned.
{{ config(materialized='ephemeral') }}
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

)

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
