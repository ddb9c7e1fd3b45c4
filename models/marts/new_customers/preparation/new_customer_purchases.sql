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

-- New customers are drawn apart from the others, who may be many more.
customers as (

    select
        buyers.customer_id,
        coalesce(new_customers.is_current, false) as is_current,
        {{ hash_bucket("'new_customers|'", 'buyers.customer_id') }} < 10000.0
            * {{ var('new_customer_sample') }}
            / count(*) over (partition by new_customers.customer_id is null) as is_sampled
    from (select distinct customer_id from orders) as buyers
    left join new_customers
        on buyers.customer_id = new_customers.customer_id

),

numbered as (

    select
        orders.order_id,
        orders.ordered_at,
        customers.customer_id,
        customers.is_current,
        customers.is_sampled,
        row_number() over (
            partition by customers.customer_id order by orders.ordered_at, orders.order_id
        ) as order_number
    from customers
    inner join orders
        on customers.customer_id = orders.customer_id
    where customers.is_sampled
        or customers.is_current

)

select
    numbered.customer_id,
    order_lines.product_id,
    max(products.category_1) as category,
    cast(numbered.order_number as bigint) as order_number,
    cast(sum(order_lines.placed_revenue) as double) as revenue,
    numbered.is_current,
    numbered.is_sampled,
    numbered.ordered_at
from numbered
inner join order_lines
    on numbered.order_id = order_lines.order_id
left join products
    on order_lines.product_id = products.product_id
where order_lines.product_id is not null
    and (numbered.is_sampled or numbered.order_number <= 3)
group by
    numbered.customer_id,
    order_lines.product_id,
    numbered.order_number,
    numbered.is_current,
    numbered.is_sampled,
    numbered.ordered_at
