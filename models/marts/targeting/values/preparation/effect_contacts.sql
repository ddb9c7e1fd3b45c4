-- Who was assigned to which arm of a list's past campaigns that can be read, how likely an
-- order was before the send, and whether one came. A control of two campaigns of the list at one
-- time is one.
with

customers as (

    select * from {{ ref('campaign_customers') }}
    where arm <> 'unassigned'
        and list_name is not null

),

arms as (

    select * from {{ ref('readable_arms') }}

),

probabilities as (

    select * from {{ ref('campaign_probabilities') }}
    where p_order is not null

),

counted_elsewhere as (

    select * from {{ ref('controls_counted_elsewhere') }}
    where is_of_one_list

)

select
    customers.list_name,
    customers.campaign_id,
    customers.customer_id,
    customers.arm,
    customers.segment,
    probabilities.p_order as own_probability,
    cast(case when customers.purchase > 0 then 1 else 0 end as integer) as label
from customers
inner join arms
    on customers.campaign_id = arms.campaign_id
    and customers.arm = arms.arm
inner join probabilities
    on customers.campaign_id = probabilities.campaign_id
    and customers.customer_id = probabilities.customer_id
left join counted_elsewhere
    on customers.campaign_id = counted_elsewhere.campaign_id
    and customers.customer_id = counted_elsewhere.customer_id
    and customers.arm = 'control'
where counted_elsewhere.customer_id is null
