-- The baskets within which rules are tested, with their size and their customer: all,
-- or of very many those of as many customers as var basket_test_orders allows. Also at a
-- level of categories a basket is as large as its products are many: nine of them draw
-- nine times, though they be of three categories.
with

basket_orders as (

    select * from {{ ref('basket_orders') }}
    where period <> 'test'

),

orders as (

    select * from {{ ref('fct_orders') }}

),

basket_items as (

    select * from {{ ref('basket_items') }}
    where level = '{{ var("basket_levels") | first }}'

),

order_counts as (

    select count(distinct order_id) as orders from basket_orders

),

baskets as (

    select distinct
        basket_orders.basis,
        basket_orders.period,
        basket_orders.basket_number,
        basket_orders.basket_id,
        orders.customer_id
    from basket_orders
    inner join orders
        on basket_orders.order_id = orders.order_id

),

-- Customers are drawn, so that of one who is drawn all is known.
drawn as (

    select baskets.*
    from baskets
    cross join order_counts
    where {{ hash_bucket("'basket_test|'", 'coalesce(baskets.customer_id, baskets.basket_id)') }}
        < 10000.0 * {{ var('basket_test_orders') }} / order_counts.orders

),

sizes as (

    select
        basket_number,
        count(*) as size
    from basket_items
    group by basket_number

)

select
    drawn.basis,
    drawn.period,
    drawn.basket_number,
    drawn.customer_id,
    sizes.size
from drawn
inner join sizes
    on drawn.basket_number = sizes.basket_number
