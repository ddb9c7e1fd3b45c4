-- An order counts when it is placed: what is delivered only after the as-of
-- date would be missing from late windows.
{{ config(materialized='ephemeral') }}
with

customers as (

    select * from {{ ref('campaign_arms') }}

),

orders as (

    select
        customer_id,
        is_placed,
        placed_revenue,
        placed_margin_estimate as placed_margin,
        refund,
        ordered_at
    from {{ ref('fct_orders') }}
    where ordered_at < {{ as_of_date() }}
        and customer_id is not null

),

-- Without any order the shop shows nothing about buying: unknown is not 0.
sales as (

    select count(*) > 0 as has_orders
    from orders
    where is_placed

),

ordered as (

    select
        customers.campaign_id,
        customers.customer_id,
        orders.is_placed,
        orders.placed_revenue,
        orders.placed_margin,
        orders.refund,
        orders.ordered_at >= customers.window_start_at as is_after_send
    from customers
    inner join orders
        on customers.customer_id = orders.customer_id
        and customers.pre_start_at <= orders.ordered_at
        and customers.window_end_at > orders.ordered_at

),

summed as (

    select
        campaign_id,
        customer_id,
        {%- for prefix, condition in [
            ('post', 'is_after_send'),
            ('pre', 'not is_after_send'),
        ] %}
        count(*) filter (where is_placed and {{ condition }}) as {{ prefix }}_orders,
        sum(placed_revenue) filter (where is_placed and {{ condition }})
            as {{ prefix }}_revenue,
        sum(placed_margin) filter (where is_placed and {{ condition }})
            as {{ prefix }}_margin,
        sum(refund) filter (where {{ condition }}) as {{ prefix }}_returns
        {{- ',' if not loop.last }}
        {%- endfor %}
    from ordered
    group by campaign_id, customer_id

)

select
    customers.campaign_id,
    customers.customer_id,
    case when sales.has_orders then coalesce(summed.post_orders, 0) end as orders,
    case when sales.has_orders then coalesce(summed.post_revenue, 0) end as revenue,
    case when sales.has_orders then coalesce(summed.post_margin, 0) end as margin,
    case when sales.has_orders then coalesce(summed.post_returns, 0) end as returns,
    coalesce(summed.pre_orders, 0) as pre_orders,
    coalesce(summed.pre_revenue, 0) as pre_revenue,
    coalesce(summed.pre_margin, 0) as pre_margin,
    coalesce(summed.pre_returns, 0) as pre_returns
from customers
cross join sales
left join summed
    on customers.campaign_id = summed.campaign_id
    and customers.customer_id = summed.customer_id
