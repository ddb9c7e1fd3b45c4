-- Orders of a customer by channel, from orders where there are any, else from
-- given totals. Place 1 is the channel with most orders in all.
with

placed_orders as (

    select * from {{ ref('fct_orders') }}
    where is_placed
        and customer_id is not null

),

channel_totals as (

    select * from {{ by_person('customer_channel_orders') }} as customer_channel_orders
    where decision = 'accepted'
        and orders > 0

),

from_orders as (

    select
        customer_id,
        channel,
        count(*) as orders
    from placed_orders
    where channel is not null
    group by customer_id, channel

),

from_totals as (

    select
        channel_totals.customer_id,
        channel_totals.channel,
        channel_totals.orders
    from channel_totals
    left join from_orders
        on channel_totals.customer_id = from_orders.customer_id
    where from_orders.customer_id is null

),

together as (

    select * from from_orders

    union all

    select * from from_totals

),

places as (

    select
        channel,
        cast(row_number() over (order by sum(orders) desc, channel) as bigint) as channel_place
    from together
    group by channel

)

select
    together.customer_id,
    together.channel,
    places.channel_place,
    together.orders
from together
inner join places
    on together.channel = places.channel
