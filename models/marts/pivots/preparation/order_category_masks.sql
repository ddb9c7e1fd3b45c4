-- One pass over the lines says which orders and customers have a line of which category.
{{ config(materialized='ephemeral') }}
with

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_modelled

),

products as (

    select * from {{ ref('category_bits') }}

)

select
    order_lines.order_id,
    order_lines.customer_id,
    products.category_1_block,
    products.category_2_block,
    products.category_3_block,
    {%- for category in ['category_1', 'category_2', 'category_3'] %}
    bit_or(products.{{ category }}_bit) filter (where order_lines.is_placed)
        as placed_{{ category }},
    bit_or(products.{{ category }}_bit) filter (where order_lines.is_bought)
        as bought_{{ category }}
    {{- ',' if not loop.last }}
    {%- endfor %}
from order_lines
inner join products
    on order_lines.product_id = products.product_id
group by
    order_lines.order_id,
    order_lines.customer_id,
    products.category_1_block,
    products.category_2_block,
    products.category_3_block
