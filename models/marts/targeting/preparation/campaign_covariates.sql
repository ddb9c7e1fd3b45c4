-- What was known of each assigned customer when the campaign began: it can differ
-- between the arms by chance alone.
with

customers as (

    select * from {{ ref('campaign_customers') }}
    where arm <> 'unassigned'

),

orders as (

    select
        customer_id,
        placed_revenue,
        ordered_at
    from {{ ref('fct_orders') }}
    where is_placed
        and customer_id is not null

)

select
    customers.campaign_id,
    customers.list_name,
    customers.customer_id,
    customers.arm,
    customers.stratum,
    {{ elapsed_days('max(orders.ordered_at)', 'customers.window_start_at') }} as recency_days,
    count(orders.ordered_at) as orders,
    cast(coalesce(sum(orders.placed_revenue), 0) as decimal(18, 4)) as revenue,
    {{ elapsed_days('min(orders.ordered_at)', 'customers.window_start_at') }} as tenure_days
from customers
left join orders
    on customers.customer_id = orders.customer_id
    and customers.window_start_at > orders.ordered_at
group by
    customers.campaign_id,
    customers.list_name,
    customers.customer_id,
    customers.arm,
    customers.stratum,
    customers.window_start_at
