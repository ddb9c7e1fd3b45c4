-- The value of an order changes: it is placed, delivered, and parts of it come
-- back. Summing the events before a moment gives the order as it was then.
{{ config(
    materialized='incremental',
    incremental_strategy='affected',
    unique_key='order_id'
) }}
{%- set returned_cost -%}
        {{ amount_of(
            'order_lines.quantity - return_matches.quantity_so_far + return_matches.quantity',
            'order_lines.unit_cost'
        ) }}
        - {{ amount_of(
            'order_lines.quantity - return_matches.quantity_so_far', 'order_lines.unit_cost'
        ) }}
{%- endset %}
with

-- Asked more than once, and too many to be held meanwhile.
order_lines as {{ not_materialized() }} (

    select * from {{ ref('fct_order_lines') }}
    where is_placed
        {{ only_affected('order_id') }}

),

return_matches as (

    select * from {{ ref('returns_so_far') }}

),

line_events as (

    select
        'placed' as basis,
        order_id,
        ordered_at as event_at,
        quantity as units,
        placed_revenue as revenue,
        placed_margin as margin,
        placed_margin_estimate as margin_estimate
    from order_lines

    union all

    select
        'bought' as basis,
        order_id,
        -- Nothing is bought before it is placed, whatever a delivery's day says.
        greatest(delivered_at, ordered_at) as event_at,
        quantity as units,
        placed_revenue as revenue,
        placed_margin as margin,
        placed_margin_estimate as margin_estimate
    from order_lines
    where status in ('delivered', 'returned')

    union all

    select
        'bought' as basis,
        order_lines.order_id,
        -- What comes back before it was delivered was never bought.
        greatest(
            return_matches.returned_at,
            order_lines.delivered_at,
            order_lines.ordered_at
        ) as event_at,
        -return_matches.quantity as units,
        -return_matches.revenue as revenue,
        {{ returned_cost }} - return_matches.revenue as margin,
        coalesce(
            {{ returned_cost }} - return_matches.revenue,
            -return_matches.revenue * {{ var('assumed_margin_share') }}
        ) as margin_estimate
    from return_matches
    inner join order_lines
        on return_matches.sale_line_id = order_lines.order_line_id
        and order_lines.status in ('delivered', 'returned')

),

-- Summed up before the orders are read: there are a tenth as many.
order_events as (

    select
        basis,
        order_id,
        event_at,
        sum(units) as units,
        sum(revenue) as revenue,
        sum(margin) as margin,
        sum(margin_estimate) as margin_estimate
    from line_events
    where event_at < {{ as_of_date() }}
    group by basis, order_id, event_at

),

orders as (

    select * from {{ ref('fct_orders') }}

)

select
    order_events.basis,
    order_events.order_id,
    orders.customer_id,
    orders.ordered_at,
    order_events.event_at,
    cast(order_events.units as decimal(18, 3)) as units,
    cast(order_events.revenue as decimal(18, 4)) as revenue,
    cast(order_events.margin as decimal(18, 4)) as margin,
    cast(order_events.margin_estimate as decimal(18, 4)) as margin_estimate
from order_events
inner join orders
    on order_events.order_id = orders.order_id
