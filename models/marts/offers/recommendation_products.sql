-- What may be offered at a moment, after how long it is bought again, and in which
-- band of its category the price lies.
with

products as (

    select * from {{ ref('dim_products') }}
    where not is_service

),

purchases as (

    select * from {{ ref('customer_products') }}
    where current_purchases > 0

),

sales as (

    select * from {{ ref('recommendation_prices') }}

),

gaps as (

    select * from {{ ref('recommendation_gaps') }}

),

product_buyers as (

    select
        product_id,
        count(*) filter (where validation_purchases > 0) as validation_buyers,
        count(*) filter (where evaluation_purchases > 0) as evaluation_buyers,
        count(*) as current_buyers
    from purchases
    group by product_id

),

priced as (

    select
        sales.*,
        products.product_name,
        products.category_1,
        products.is_active
        and sales.last_sold_days_ago <= {{ var('assortment_days') }} as is_offered,
        coalesce(
            case sales.as_of
                when 'validation' then product_buyers.validation_buyers
                when 'evaluation' then product_buyers.evaluation_buyers
                else product_buyers.current_buyers
            end,
            0
        ) as buyers,
        case when gaps.repeats >= {{ var('repurchase_min_repeats') }}
            then gaps.typical_gap_days end as repurchase_days,
        coalesce(
            ceil(3 * cume_dist() over (
                partition by sales.as_of, coalesce(products.category_1, '')
                order by sales.typical_price
            )),
            1
        ) as price_third
    from sales
    inner join products
        on sales.product_id = products.product_id
    left join product_buyers
        on sales.product_id = product_buyers.product_id
    left join gaps
        on sales.as_of = gaps.as_of
        and sales.product_id = gaps.product_id

)

select
    as_of,
    product_id,
    product_name,
    category_1,
    case price_third when 1 then 'lower' when 2 then 'middle' else 'upper' end
        as price_band,
    buyers,
    last_sold_days_ago,
    repurchase_days,
    typical_price,
    mean_margin,
    is_offered
from priced
