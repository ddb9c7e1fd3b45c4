with

offers as (

    select * from {{ ref('recommendation_offers') }}

),

purchases as (

    select * from {{ ref('customer_products') }}
    where current_purchases > 0

),

as_of_days as (

    select * from {{ ref('recommendation_days') }}

),

products as (

    select * from {{ ref('recommendation_products') }}
    where as_of = 'current'

),

buyers as (

    select count(distinct customer_id) as customers
    from purchases

),

segments as (

    select * from {{ ref('recommendation_segments') }}
    where as_of = 'current'

),

rules as (

    select * from {{ ref('recommendation_rules') }}

),

neighbours as (

    select * from {{ ref('recommendation_neighbours') }}

),

hit_shares as (

    select * from {{ ref('recommendation_hit_shares') }}

)

select
    offers.regime,
    offers.customer_id,
    offers.product_id,
    products.product_name,
    coalesce(products.product_name, products.product_id) as known_name,
    offers.method,
    case
        when purchases.product_id is not null then 'repeat'
        when rules.basis is not null then 'rule'
        when neighbours.source_name is not null then 'similar'
        when offers.method in ('popularity', 'segment', 'rules_then_segment') then 'popular'
        else 'alike'
    end as reason_code,
    rules.basis as rule_basis,
    rules.antecedent_name,
    neighbours.source_name,
    case when offers.method <> 'popularity' then segments.segment end as segment,
    offers.purchases,
    cast(floor(
        (as_of_days.current_seconds - purchases.current_last_seconds) / 86400
    ) as bigint) as last_bought_days_ago,
    products.repurchase_days,
    products.price_band,
    offers.typical_price_band,
    case
        when products.price_band = offers.typical_price_band then 'in'
        when products.price_band = 'lower' or offers.typical_price_band = 'upper'
            then 'below'
        else 'above'
    end as band_fit,
    offers.place,
    rules.confidence,
    neighbours.similarity,
    {{ ratio('products.buyers', 'buyers.customers') }} as buyer_share,
    rules.lift,
    products.mean_margin,
    hit_shares.hit_share,
    offers.is_fitting
from offers
cross join as_of_days
cross join buyers
inner join products
    on offers.product_id = products.product_id
left join purchases
    on offers.customer_id = purchases.customer_id
    and offers.product_id = purchases.product_id
left join segments
    on offers.customer_id = segments.customer_id
left join rules
    on offers.customer_id = rules.customer_id
    and offers.product_id = rules.product_id
left join neighbours
    on offers.customer_id = neighbours.customer_id
    and offers.product_id = neighbours.product_id
left join hit_shares
    on offers.regime = hit_shares.regime
    and offers.method = hit_shares.method
    and offers.place = hit_shares.place
