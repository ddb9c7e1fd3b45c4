-- A control of two campaigns at one time did one thing: it counts in one of them, drawn by the
-- hash of both, so that each campaign keeps its share of them.
{{ config(materialized='ephemeral') }}
with

customers as (

    select * from {{ ref('campaign_customers') }}
    where arm = 'control'

),

arms as (

    select * from {{ ref('readable_arms') }}

),

controls as (

    select
        customers.*,
        md5(customers.campaign_id || '|' || customers.customer_id) as draw
    from customers
    inner join arms
        on customers.campaign_id = arms.campaign_id
        and customers.arm = arms.arm

)

select
    controls.campaign_id,
    controls.customer_id,
    bool_or(coalesce(controls.list_name = others.list_name, false)) as is_of_one_list
from controls
inner join controls as others
    on controls.customer_id = others.customer_id
    and controls.campaign_id <> others.campaign_id
    and controls.window_start_at < others.window_end_at
    and controls.window_end_at > others.window_start_at
    and controls.draw > others.draw
group by controls.campaign_id, controls.customer_id
