-- What an order is worth changes: it is placed, delivered, and parts of it come
-- back. Summing the events before a moment gives the order as it was then.
{{ config(
    materialized='incremental',
    pre_hook="{{ forget_touched('order_id') }}",
    post_hook='{{ note_built(as_of_date()) }}'
) }}
with

-- Asked more than once, and too many to be held meanwhile.
order_lines as {{ unheld() }} (

    select * from {{ ref('fct_order_lines') }}
    where is_placed
        {{ only_touched('order_id') }}

),

return_matches as (

    select * from {{ ref('int_return_matches') }}

),

line_events as (

    select
        'placed' as basis,
        order_id,
        ordered_at as event_at,
        quantity as units,
        placed_revenue as revenue,
        placed_margin as margin
    from order_lines

    union all

    select
        'bought' as basis,
        order_id,
        coalesce(delivered_at, ordered_at) as event_at,
        quantity as units,
        placed_revenue as revenue,
        placed_margin as margin
    from order_lines
    where status in ('delivered', 'returned')

    union all

    select
        'bought' as basis,
        order_lines.order_id,
        return_matches.returned_at as event_at,
        -return_matches.quantity as units,
        -return_matches.revenue as revenue,
        cast(
            -order_lines.placed_margin
            * cast(return_matches.quantity as decimal(38, 3))
            / order_lines.quantity as decimal(18, 4)
        ) as margin
    from return_matches
    inner join order_lines
        on return_matches.sale_line_id = order_lines.order_line_id
        and order_lines.status in ('delivered', 'returned')

),

orders as (

    select * from {{ ref('fct_orders') }}

)

select
    line_events.basis,
    line_events.order_id,
    any_value(orders.customer_id) as customer_id,
    any_value(orders.ordered_at) as ordered_at,
    line_events.event_at,
    cast(sum(line_events.units) as decimal(18, 3)) as units,
    cast(sum(line_events.revenue) as decimal(18, 4)) as revenue,
    cast(sum(line_events.margin) as decimal(18, 4)) as margin
from line_events
inner join orders
    on line_events.order_id = orders.order_id
where line_events.event_at < {{ as_of_date() }}
group by line_events.basis, line_events.order_id, line_events.event_at
