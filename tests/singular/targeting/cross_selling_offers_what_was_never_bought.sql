-- The product of a candidate was never bought by the customer, and what was bought
-- goes with it: a usable rule of orders ends in it.
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
where bought.product_id is not null
    or offered_by_rules.product_id is null
