-- The baskets within which rules are tested, with their size and their customer. Also at
-- a level of categories a basket is as large as its products are many: nine of them draw
-- nine times, though they be of three categories.
with

basket_orders as (

    select * from {{ ref('basket_orders') }}
    where is_tested

),

orders as (

    select * from {{ ref('fct_orders') }}

),

basket_items as (

    select * from {{ ref('basket_items') }}
    where level = '{{ var("basket_levels") | first }}'

),

baskets as (

    select distinct
        basket_orders.basis,
        basket_orders.period,
        basket_orders.basket_number,
        orders.customer_id
    from basket_orders
    inner join orders
        on basket_orders.order_id = orders.order_id

),

sizes as (

    select
        basket_number,
        count(*) as size
    from basket_items
    group by basket_number

)

select
    baskets.basis,
    baskets.period,
    baskets.basket_number,
    baskets.customer_id,
    sizes.size
from baskets
inner join sizes
    on baskets.basket_number = sizes.basket_number
