-- Nothing that the customer has bought, nothing out of sale, no service.
with

owned as (

    select distinct
        customer_id,
        product_id
    from {{ ref('fct_order_lines') }}
    where is_bought

)

select
    recommendations.customer_id,
    recommendations.product_id
from {{ ref('product_recommendations') }} as recommendations
left join {{ ref('dim_products') }} as products
    on recommendations.product_id = products.product_id
left join owned
    on recommendations.customer_id = owned.customer_id
    and recommendations.product_id = owned.product_id
where owned.product_id is not null
    or (products.is_active and not products.is_service) is not true
