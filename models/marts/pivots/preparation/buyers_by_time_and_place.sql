-- Distinct orders and customers are counted as groups of pairs with each dimension, half the
-- time and memory of counting them in one pass for all.
{{ config(materialized='ephemeral') }}
{% set dimensions = [
    'month', 'week', 'day', 'weekday', 'hour',
    'country', 'region', 'city', 'geography',
    'channel', 'delivery_method', 'payment_method',
] -%}
with

-- Held already, as all its askers share it.
order_parts as {{ not_materialized() }} (

    select * from {{ ref('sales_order_parts') }}

),

{% for key in ['order', 'customer'] -%}
{{ key }}s as (
    {%- for dimension in dimensions %}

    select
        '{{ dimension }}' as dimension,
        member,
        count(*) filter (where is_placed) as placed_{{ key }}s,
        count(*) filter (where is_bought) as bought_{{ key }}s
    from (
        select
            {{ dimension }} as member,
            bool_or(placed_lines > 0) as is_placed,
            bool_or(bought_lines > 0) as is_bought
        from order_parts
        where {{ key }}_id is not null
        group by {{ dimension }}, {{ key }}_id
    ) as pairs
    group by member
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

{% endfor -%}
-- A member of anonymous sales alone has no customers.
counted as (

    select
        orders.dimension,
        orders.member,
        orders.placed_orders,
        orders.bought_orders,
        coalesce(customers.placed_customers, 0) as placed_customers,
        coalesce(customers.bought_customers, 0) as bought_customers
    from orders
    left join customers
        on orders.dimension = customers.dimension
        and orders.member is not distinct from customers.member

)

select * from counted
