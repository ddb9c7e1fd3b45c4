-- The category of a product, from the data where these have any, else formed from
-- what products are called.
with

products as (

    select * from {{ ref('int_products_conformed') }}

),

formed as (

    select * from {{ ref('ml_product_categories') }}

)

select
    products.product_id,
    coalesce(products.category_1, formed.category) as category_1,
    formed.clean_name,
    cast(formed.categories as bigint) as formed_categories,
    formed.silhouette,
    formed.product_id is not null as is_derived
from products
left join formed
    on products.product_id = formed.product_id
