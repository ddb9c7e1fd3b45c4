-- A product's own row comes first; what it leaves empty is the most common
-- value of its order lines.
with

products as (

    select * from {{ ref('int_products_validated') }}
    where decision = 'accepted'

),

line_counts as (

    select * from {{ ref('int_product_lines_counted') }}

),

{% set texts = ['product_name', 'category_1', 'category_2', 'category_3'] -%}
{% for column in texts -%}
{{ column }}_counts as (

    select
        product_id,
        max_by(
            {{ column }}, (lines, {{ column }})
        ) as {{ column }}
    from (
        select
            product_id,
            {{ column }},
            sum(lines) as lines
        from line_counts
        where {{ column }} is not null
        group by product_id, {{ column }}
    )
    group by product_id

),

{% endfor -%}
sold as (

    select
        product_id,
        bool_or(is_service) as is_service,
        min(first_sold_at) as first_sold_at,
        max(last_sold_at) as last_sold_at
    from line_counts
    group by product_id

),

conformed as (

    select
        coalesce(products.product_id, sold.product_id) as product_id,
        {%- for column in texts %}
        coalesce(
            products.{{ column }}, {{ column }}_counts.{{ column }}
        ) as {{ column }},
        {%- endfor %}
        products.unit_cost,
        coalesce(products.is_active, true) as is_active,
        coalesce(sold.is_service, false) as is_service,
        products.product_id is not null as is_listed,
        sold.first_sold_at,
        sold.last_sold_at
    from products
    full join sold
        on products.product_id = sold.product_id
    {%- for column in texts %}
    left join {{ column }}_counts
        on sold.product_id = {{ column }}_counts.product_id
    {%- endfor %}

)

select * from conformed
