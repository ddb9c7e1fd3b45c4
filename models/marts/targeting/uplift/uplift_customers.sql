-- Customers of the campaigns that can be read, as assigned, with what was known of them
-- before the send: the training rows for who a message moves.
with

customers as (

    select * from {{ ref('campaign_customers') }}
    where arm <> 'unassigned'

),

covariates as (

    select * from {{ ref('campaign_covariates') }}

),

arms as (

    select * from {{ ref('readable_arms') }}

),

counted_elsewhere as (

    select * from {{ ref('controls_counted_elsewhere') }}

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
left join counted_elsewhere
    on customers.campaign_id = counted_elsewhere.campaign_id
    and customers.customer_id = counted_elsewhere.customer_id
where counted_elsewhere.customer_id is null
