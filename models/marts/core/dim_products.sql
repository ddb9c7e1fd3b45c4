with

products as (

    select * from {{ ref('int_products_conformed') }}

)

select
    product_id,
    product_name,
    category_1,
    category_2,
    category_3,
    unit_cost,
    is_active,
    is_service,
    is_listed,
    first_sold_at,
    last_sold_at
from products
