-- Numbers in place of texts keep millions of lines narrow. No rule looks at the
-- tested period.
with

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_bought

),

basket_orders as (

    select * from {{ ref('basket_orders') }}
    where period <> 'tested'

),

products as (

    select * from {{ ref('basket_products') }}

)

select distinct
    basket_orders.basis,
    products.level,
    basket_orders.period,
    basket_orders.basket_number,
    products.item_number
from order_lines
inner join basket_orders
    on order_lines.order_id = basket_orders.order_id
inner join products
    on order_lines.product_id = products.product_id
