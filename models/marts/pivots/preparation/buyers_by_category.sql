-- Distinct orders and customers are counted by masks of categories, in less time and memory
-- than as pairs.
{{ config(materialized='ephemeral') }}
{% set categories = ['category_1', 'category_2', 'category_3'] -%}
with

products as (

    select * from {{ ref('category_bits') }}

),

-- Held already, as all its askers share it.
order_masks as {{ not_materialized() }} (

    select * from {{ ref('order_category_masks') }}

),

members as (
    {%- for category in categories %}

    select distinct
        '{{ category }}' as dimension,
        {{ category }} as member,
        {{ category }}_block as block,
        {{ category }}_bit as bit
    from products
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

{% for key in ['order', 'customer'] -%}
{% for category in categories -%}
{{ key }}_{{ category }} as (

    select
        {{ category }}_block as block,
        bit_or(placed_{{ category }}) as placed,
        bit_or(bought_{{ category }}) as bought
    from order_masks
    where {{ key }}_id is not null
    group by {{ key }}_id, {{ category }}_block

),

{% endfor -%}
{{ key }}s as (
    {%- for category in categories %}

    select
        '{{ category }}' as dimension,
        members.member,
        count(*) filter (where (masks.placed & members.bit) <> 0) as placed_{{ key }}s,
        count(*) filter (where (masks.bought & members.bit) <> 0) as bought_{{ key }}s
    from members
    inner join {{ key }}_{{ category }} as masks
        on members.dimension = '{{ category }}'
        and members.block = masks.block
    group by members.member
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

{% endfor -%}
-- A category of anonymous sales alone has no customers.
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
