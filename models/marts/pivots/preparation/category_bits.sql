-- The categories of an order are bits of a mask, one for each block of 64 categories.
{{ config(materialized='ephemeral') }}
with

products as (

    select * from {{ ref('dim_products') }}

),

numbered as (

    select
        product_id,
        category_1,
        category_2,
        category_3,
        dense_rank() over (order by category_1) - 1 as category_1_number,
        dense_rank() over (order by category_2) - 1 as category_2_number,
        dense_rank() over (order by category_3) - 1 as category_3_number
    from products

)

select
    product_id,
    {%- for category in ['category_1', 'category_2', 'category_3'] %}
    {{ category }},
    {{ number_block(category ~ '_number') }} as {{ category }}_block,
    {{ number_bit(category ~ '_number') }} as {{ category }}_bit
    {{- ',' if not loop.last }}
    {%- endfor %}
from numbered
