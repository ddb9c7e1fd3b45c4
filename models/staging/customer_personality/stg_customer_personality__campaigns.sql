-- The file names no campaigns: they are its columns, listed in a seed.
with

campaigns as (

    select * from {{ ref('customer_personality_campaigns') }}

),

costs as (

    select cast(avg(contact_cost) as decimal(18, 4)) as contact_cost
    from {{ ref('stg_customer_personality__marketing_campaign') }}
    where source_fault is null

)

select
    'seeds/customer_personality_campaigns.csv' as source_file,
    row_number() over (order by campaigns.campaign_order) as source_row,
    campaigns.campaign_id,
    campaigns.campaign_name,
    case when campaigns.response_column is null then 'likely_responders' end as list_name,
    cast(null as string) as channel,
    cast(null as string) as offer,
    cast(null as timestamp) as started_at,
    campaigns.campaign_order,
    cast(null as timestamp) as ended_at,
    costs.contact_cost,
    cast(0 as decimal(18, 4)) as offer_cost,
    cast(null as string) as source_fault
from campaigns
cross join costs
