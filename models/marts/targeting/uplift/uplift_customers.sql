-- Customers of the campaigns that can be read, as assigned, with what was known of them
-- before the send: from these it is learned whom a message moves.
with

customers as (

    select * from {{ ref('int_campaign_customers') }}
    where arm <> 'unassigned'

),

covariates as (

    select * from {{ ref('int_campaign_covariates') }}

),

readable as (

    select distinct
        campaign_id,
        arm
    from {{ ref('campaign_lift') }}
    where metric = 'purchase'
        and slice = 'all'
        and is_read

),

-- A control belongs to every arm of its campaign that can be read.
arms as (

    select
        campaign_id,
        arm
    from readable

    union

    select
        campaign_id,
        'control' as arm
    from readable

)

select
    customers.campaign_id,
    customers.customer_id,
    customers.campaign_id || '|' || coalesce(customers.stratum, 'all') as cell,
    customers.segment,
    cast(covariates.recency_days as double) as recency_days,
    cast(covariates.orders as double) as orders,
    cast(covariates.revenue as double) as revenue,
    cast(covariates.tenure_days as double) as tenure_days,
    cast(case when customers.purchase > 0 then 1 else 0 end as integer) as label,
    customers.arm <> 'control' as is_treated
from customers
inner join arms
    on customers.campaign_id = arms.campaign_id
    and customers.arm = arms.arm
inner join covariates
    on customers.campaign_id = covariates.campaign_id
    and customers.customer_id = covariates.customer_id
