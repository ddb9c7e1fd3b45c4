with

products as (

    select * from {{ ref('int_products_conformed') }}

),

categories as (

    select * from {{ ref('product_categories') }}

)

select
    products.product_id,
    products.product_name,
    categories.category_1,
    products.category_2,
    products.category_3,
    products.unit_cost,
    products.is_active,
    products.is_service,
    products.is_listed,
    categories.is_derived as is_category_derived,
    products.first_sold_at,
    products.last_sold_at
from products
inner join categories
    on products.product_id = categories.product_id
