-- What a product counts as: itself, and its category at each level.
with

products as (

    select * from {{ ref('dim_products') }}
    where not is_service

),

items as (
    {%- for level in var('basket_levels') %}

    select
        '{{ level }}' as level,
        product_id,
        -- The separator of itemsets must not occur in an item.
        replace(
            {{ 'product_id' if level == 'product' else level }}, ' + ', '+'
        ) as item,
        {{ 'coalesce(product_name, product_id)' if level == 'product' else level }}
            as item_name
    from products
    where {{ 'product_id' if level == 'product' else level }} is not null
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select
    level,
    product_id,
    item,
    min(item_name) over (partition by level, item) as item_name,
    cast(dense_rank() over (partition by level order by item) - 1 as integer)
        as item_number
from items
