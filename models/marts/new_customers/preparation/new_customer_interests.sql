-- The category of interest needs a later order.
{{ config(materialized='ephemeral') }}
with

features as (

    select
        customer_id,
        orders_used,
        horizon_at
    from {{ ref('new_customer_features') }}
    where is_complete

),

orders as (

    select * from {{ ref('fct_orders') }}
    where is_placed
        and customer_id is not null

),

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_placed

),

products as (

    select * from {{ ref('dim_products') }}
    where category_1 is not null

),

-- Orders of one moment are distinguished by their number, like those used.
numbered as (

    select
        customer_id,
        order_id,
        ordered_at,
        row_number() over (
            partition by customer_id order by ordered_at, order_id
        ) as order_number
    from orders

),

later_spend as (

    select
        features.customer_id,
        features.orders_used,
        products.category_1,
        sum(order_lines.placed_revenue) as revenue
    from features
    inner join numbered
        on features.customer_id = numbered.customer_id
        and features.orders_used < numbered.order_number
        and features.horizon_at > numbered.ordered_at
    inner join order_lines
        on numbered.order_id = order_lines.order_id
    inner join products
        on order_lines.product_id = products.product_id
    group by features.customer_id, features.orders_used, products.category_1

)

select
    customer_id,
    orders_used,
    max_by(category_1, (revenue, category_1)) as label
from later_spend
group by customer_id, orders_used
