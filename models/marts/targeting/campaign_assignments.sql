with

assignments as (

    select * from {{ ref('int_assignments_exported') }}

),

campaigns as (

    select * from {{ ref('int_campaigns_exported') }}

)

select
    assignments.campaign_id,
    campaigns.list_name,
    assignments.customer_id,
    assignments.arm,
    assignments.channel,
    assignments.offer,
    assignments.offer_basis,
    assignments.product_id,
    cast(assignments.rank as bigint) as rank,
    cast(assignments.expected_value as decimal(18, 4)) as expected_value,
    cast(campaigns.as_of_date as date) as as_of_date
from assignments
inner join campaigns
    on assignments.campaign_id = campaigns.campaign_id
