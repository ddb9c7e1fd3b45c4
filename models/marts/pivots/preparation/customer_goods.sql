{{ config(materialized='ephemeral') }}
with

bought_lines as (

    select * from {{ ref('fct_order_lines') }}
    where customer_id is not null
        and is_bought
        {{ only_affected('customer_id') }}

),

-- The lines come down to a customer's products, and these to categories.
goods as (

    select
        customer_id,
        product_id,
        sum(bought_revenue) as revenue,
        count(*) filter (where discount > 0) as discounted_lines
    from bought_lines
    group by customer_id, product_id

),

categories as (

    select
        goods.customer_id,
        products.category_1 as member,
        sum(goods.revenue) as revenue,
        count(*) as products,
        sum(goods.discounted_lines) as discounted_lines
    from goods
    inner join {{ ref('dim_products') }} as products
        on goods.product_id = products.product_id
    group by goods.customer_id, products.category_1

),

labels as (

    select * from {{ ref('customer_pivot_labels') }}
    where dimension = 'category'

)

select
    categories.customer_id,
    max_by(categories.member, (categories.revenue, categories.member))
        filter (where categories.member is not null) as favourite_category,
    count(categories.member) as categories,
    max(categories.revenue) filter (where categories.member is not null) as favourite_revenue,
    sum(categories.products) as products,
    sum(categories.discounted_lines) as discounted_lines,
    {{ revenue_by_place('category', 'categories.revenue') }}
from categories
left join labels
    on categories.member = labels.member
group by categories.customer_id
