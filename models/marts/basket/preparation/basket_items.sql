-- No rule uses the test period. Of very many baskets, those that are counted or tested.
with

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_bought

),

basket_orders as (

    select * from {{ ref('basket_orders') }}
    where is_counted or is_tested

),

products as (

    select
        *,
        cast(dense_rank() over (order by level, item_number) as integer)
            as numbered_item
    from {{ ref('basket_products') }}

),

-- Two numbers tell a basket and an item; texts next to them would be compared for every
-- line.
pairs as (

    select distinct
        basket_orders.basket_number,
        products.numbered_item
    from order_lines
    inner join basket_orders
        on order_lines.order_id = basket_orders.order_id
    inner join products
        on order_lines.product_id = products.product_id

),

baskets as (

    select distinct
        basis,
        period,
        basket_number,
        is_counted
    from basket_orders

),

items as (

    select distinct
        level,
        item_number,
        numbered_item
    from products

)

select
    baskets.basis,
    items.level,
    baskets.period,
    pairs.basket_number,
    items.item_number,
    baskets.is_counted
from pairs
inner join baskets
    on pairs.basket_number = baskets.basket_number
inner join items
    on pairs.numbered_item = items.numbered_item
