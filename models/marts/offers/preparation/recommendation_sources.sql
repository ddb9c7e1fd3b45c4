with

offers as (

    select * from {{ ref('recommendation_offers') }}

),

purchases as (

    select * from {{ ref('customer_products') }}
    where current_purchases > 0

),

products as (

    select * from {{ ref('recommendation_products') }}
    where as_of = 'current'

),

rules as (

    select * from {{ ref('recommendation_rules') }}

),

neighbours as (

    select * from {{ ref('recommendation_neighbours') }}

)

select
    offers.customer_id,
    offers.product_id,
    products.product_name,
    coalesce(products.product_name, products.product_id) as known_name,
    offers.method,
    case
        when rules.basis is not null then 'rule'
        else offers.source
    end as reason_code,
    rules.basis as rule_basis,
    rules.antecedent_name,
    neighbours.source_name,
    offers.group_name,
    products.price_band,
    offers.typical_price_band,
    case
        when products.price_band = offers.typical_price_band then 'in'
        when products.price_band = 'lower' or offers.typical_price_band = 'upper'
            then 'below'
        else 'above'
    end as band_fit,
    offers.place,
    case
        when rules.basis is not null then rules.confidence
        when offers.source = 'similar' then neighbours.similarity
        else offers.score
    end as share,
    rules.lift,
    products.mean_margin,
    purchases.product_id is null as is_new
from offers
inner join products
    on offers.product_id = products.product_id
left join purchases
    on offers.customer_id = purchases.customer_id
    and offers.product_id = purchases.product_id
left join rules
    on offers.customer_id = rules.customer_id
    and offers.product_id = rules.product_id
left join neighbours
    on offers.customer_id = neighbours.customer_id
    and offers.product_id = neighbours.product_id
