-- Nothing that the customer bought within its usual repurchase gap, and of what is new nothing
-- ever bought, worked out again from the order lines; nothing out of sale, no service.
with

as_of_days as (

    select * from {{ ref('recommendation_days') }}

),

-- Only of what is recommended.
last_bought as (

    select
        lines.customer_id,
        lines.product_id,
        max({{ epoch_seconds('lines.ordered_at') }}) as bought_seconds
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('recommendation_reasons') }} as recommendations
        on lines.customer_id = recommendations.customer_id
        and lines.product_id = recommendations.product_id
    where lines.is_bought
    group by lines.customer_id, lines.product_id

)

select
    recommendations.regime,
    recommendations.customer_id,
    recommendations.product_id
from {{ ref('recommendation_reasons') }} as recommendations
cross join as_of_days
left join {{ ref('dim_products') }} as products
    on recommendations.product_id = products.product_id
left join {{ ref('recommendation_products') }} as offered
    on recommendations.product_id = offered.product_id
    and offered.as_of = 'current'
left join last_bought
    on recommendations.customer_id = last_bought.customer_id
    and recommendations.product_id = last_bought.product_id
where (products.is_active and not products.is_service) is not true
    or (offered.last_sold_days_ago <= {{ var('assortment_days') }}) is not true
    or recommendations.is_new <> (last_bought.product_id is null)
    or (recommendations.regime = 'new' and not recommendations.is_new)
    or (
        last_bought.product_id is not null
        and (
            (as_of_days.current_seconds - last_bought.bought_seconds) / 86400
            >= offered.repurchase_days
        ) is not true
    )
