{{ config(materialized='ephemeral') }}
with

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_modelled

),

customer_products as (

    select * from {{ ref('customer_products') }}

),

order_products as (

    select
        product_id,
        bool_or(is_placed) as is_placed,
        bool_or(is_bought) as is_bought
    from order_lines
    group by product_id, order_id

),

orders as (

    select
        product_id,
        count(*) filter (where is_placed) as placed_orders,
        count(*) filter (where is_bought) as bought_orders
    from order_products
    group by product_id

),

customers as (

    select
        product_id,
        count(*) as placed_customers,
        count(*) filter (where current_purchases > 0) as bought_customers
    from customer_products
    group by product_id

)

-- A product of anonymous sales alone has no customers.
select
    orders.product_id,
    orders.placed_orders,
    orders.bought_orders,
    coalesce(customers.placed_customers, 0) as placed_customers,
    coalesce(customers.bought_customers, 0) as bought_customers
from orders
left join customers
    on orders.product_id = customers.product_id
