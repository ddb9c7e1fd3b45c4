-- The product of a candidate was never bought by the customer, and it is what the chosen
-- method offers: of rules, a usable rule of orders ends in it.
with

bought as (

    select distinct
        lines.customer_id,
        lines.product_id
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('candidates_cross_sell') }} as candidates
        on lines.customer_id = candidates.customer_id
        and lines.product_id = candidates.product_id
    where lines.is_bought

),

offered_by_rules as (

    select distinct items.product_id
    from {{ ref('association_rules') }} as rules
    inner join {{ ref('basket_products') }} as items
        on rules.level = items.level
        and rules.consequent = items.item
    where rules.is_usable
        and rules.basis = 'order'
        and rules.level = 'product'

)

select
    candidates.customer_id,
    candidates.product_id
from {{ ref('candidates_cross_sell') }} as candidates
left join bought
    on candidates.customer_id = bought.customer_id
    and candidates.product_id = bought.product_id
left join offered_by_rules
    on candidates.product_id = offered_by_rules.product_id
left join {{ ref('product_recommendations') }} as recommendations
    on candidates.customer_id = recommendations.customer_id
    and candidates.product_id = recommendations.product_id
where bought.product_id is not null
    or recommendations.product_id is null
    or not exists (
        select 1 from {{ ref('recommendation_evaluations') }} as evaluations
        where evaluations.is_chosen
            and evaluations.method <> 'popularity'
            and (
                (
                    evaluations.method in ('rules', 'rules_then_segment')
                    and offered_by_rules.product_id is not null
                )
                or evaluations.method = recommendations.method
            )
    )
