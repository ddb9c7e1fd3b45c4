-- What is known of no customer of a campaign is not shown; for a campaign
-- without customers it is unknown what would be.
{{ config(materialized='ephemeral') }}
{% set metrics = ['purchase', 'revenue', 'margin', 'returns', 'profit'] -%}
with

amounts as (

    select * from {{ ref('campaign_amounts') }}

),

plans as (

    select * from {{ ref('planned_arm_shares') }}

),

customers as (

    select * from {{ ref('campaign_customers') }}

)

select distinct
    campaign_id,
    metric
from amounts
where metric <> 'visit'

union

select
    plans.campaign_id,
    metrics.metric
from plans
cross join (
    values {% for metric in metrics -%}
    ('{{ metric }}'){{ ', ' if not loop.last }}
    {%- endfor %}
) as metrics (metric)
where not exists (
    select customers.campaign_id
    from customers
    where customers.campaign_id = plans.campaign_id
)
