with

thresholds as (

    select * from {{ ref('basket_thresholds') }}

),

orders as (

    select * from {{ ref('fct_orders') }}
    where is_bought

),

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_bought

),

basket_items as (

    select distinct
        thresholds.basis,
        thresholds.level,
        order_lines.order_id as basket_id,
        -- The separator of itemsets must not occur in an item.
        replace(order_lines.product_id, ' + ', '+') as item,
        {{ epoch_seconds('orders.ordered_at') }} <= thresholds.mined_until_seconds
            as is_mined
    from order_lines
    inner join orders
        on order_lines.order_id = orders.order_id
    cross join thresholds

),

counted as (

    select
        basket_items.*,
        count(*) filter (where basket_items.is_mined)
            over (partition by basket_items.item) as mined_baskets
    from basket_items

)

select
    counted.basis,
    counted.level,
    counted.basket_id,
    counted.item,
    counted.is_mined
from counted
cross join thresholds
-- The tolerance keeps an item that is exactly at the threshold.
where counted.mined_baskets >= thresholds.min_support * thresholds.baskets - 1e-9
