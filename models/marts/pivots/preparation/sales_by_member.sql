-- A dimension that the dataset does not have is left out.
{{ config(materialized='ephemeral') }}
with

sales as (

    select * from {{ ref('sales_by_time_and_place') }}

    union all

    select * from {{ ref('sales_by_goods') }}

),

buyers as (

    select * from {{ ref('buyers_by_time_and_place') }}

    union all

    select * from {{ ref('buyers_by_category') }}

    union all

    select
        'product' as dimension,
        product_id as member,
        placed_orders,
        bought_orders,
        placed_customers,
        bought_customers
    from {{ ref('buyers_by_product') }}

),

counted as (

    select
        sales.*,
        buyers.placed_orders,
        buyers.bought_orders,
        buyers.placed_customers,
        buyers.bought_customers,
        count(sales.member) over (partition by sales.dimension) > 0 as is_dimension_had
    from sales
    inner join buyers
        on sales.dimension = buyers.dimension
        and sales.member is not distinct from buyers.member

)

{% for basis in ['placed', 'bought'] -%}
select
    '{{ basis }}' as basis,
    dimension,
    coalesce(member, 'unknown') as member,
    {{ basis }}_revenue as revenue,
    {{ basis }}_margin as gross_margin,
    {{ basis }}_revenue_of_known_margin as revenue_of_known_margin,
    {{ basis }}_orders as orders,
    {{ basis }}_lines as lines,
    {{ basis }}_units as units,
    {{ basis }}_customers as customers,
    returns_amount
from counted
where is_dimension_had
    and ({{ basis }}_orders > 0 or returns_amount <> 0)
{%- if not loop.last %}

union all

{% endif -%}
{%- endfor %}
