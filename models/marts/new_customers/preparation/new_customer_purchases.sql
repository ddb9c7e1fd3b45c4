-- What was bought, order by order: of customers of a sample, from which is learned what goes
-- with what, and of the current new customers their first orders.
with

features as (

    select * from {{ ref('new_customer_features') }}

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

),

new_customers as (

    select
        customer_id,
        bool_or(is_current) as is_current
    from features
    group by customer_id

),

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

-- New customers are drawn apart from the others, who may be many more.
customers as (

    select
        numbered.customer_id,
        coalesce(new_customers.is_current, false) as is_current,
        {{ hash_bucket("'new_customers|'", 'numbered.customer_id') }} < 10000.0
            * {{ var('new_customer_sample') }}
            / count(*) over (partition by new_customers.customer_id is null) as is_sampled
    from numbered
    left join new_customers
        on numbered.customer_id = new_customers.customer_id
    where numbered.order_number = 1

)

select
    customers.customer_id,
    order_lines.product_id,
    max(products.category_1) as category,
    cast(numbered.order_number as bigint) as order_number,
    cast(sum(order_lines.placed_revenue) as double) as revenue,
    customers.is_current,
    customers.is_sampled,
    numbered.ordered_at
from customers
inner join numbered
    on customers.customer_id = numbered.customer_id
    and (customers.is_sampled or (customers.is_current and numbered.order_number <= 3))
inner join order_lines
    on numbered.order_id = order_lines.order_id
left join products
    on order_lines.product_id = products.product_id
where order_lines.product_id is not null
group by
    customers.customer_id,
    order_lines.product_id,
    numbered.order_number,
    customers.is_current,
    customers.is_sampled,
    numbered.ordered_at
