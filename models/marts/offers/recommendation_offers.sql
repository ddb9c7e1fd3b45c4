-- What the chosen methods offer now, and how the price compares with what the customer usually
-- pays.
with

offers as (

    select * from {{ ref('ml_recommendation_offers') }}

),

products as (

    select * from {{ ref('recommendation_products') }}
    where as_of = 'current'

),

purchases as {{ not_materialized() }} (

    select * from {{ ref('customer_products') }}
    where current_purchases > 0

),

bought_bands as (

    select
        purchases.customer_id,
        products.price_band,
        sum(purchases.current_purchases) as purchases
    from purchases
    inner join products
        on purchases.product_id = products.product_id
    group by purchases.customer_id, products.price_band

),

bands as (

    select
        customer_id,
        price_band
    from bought_bands
    qualify row_number() over (
        partition by customer_id order by purchases desc, price_band
    ) = 1

),

categories as (

    select distinct
        purchases.customer_id,
        products.category_1
    from purchases
    inner join products
        on purchases.product_id = products.product_id
    where products.category_1 is not null

)

select
    offers.regime,
    offers.customer_id,
    offers.product_id,
    offers.method,
    products.price_band,
    bands.price_band as typical_price_band,
    cast(offers.place as bigint) as place,
    offers.score,
    coalesce(purchases.current_purchases, 0) as purchases,
    -- A dearer product than usual, or one of a category never bought, is no example to show,
    -- unless the customer bought it before.
    purchases.product_id is not null
    or (
        case products.price_band when 'lower' then 1 when 'middle' then 2 else 3 end
        <= case bands.price_band when 'lower' then 1 when 'middle' then 2 else 3 end
        and (products.category_1 is null or categories.customer_id is not null)
    ) as is_fitting
from offers
inner join products
    on offers.product_id = products.product_id
left join bands
    on offers.customer_id = bands.customer_id
left join purchases
    on offers.customer_id = purchases.customer_id
    and offers.product_id = purchases.product_id
left join categories
    on offers.customer_id = categories.customer_id
    and products.category_1 = categories.category_1
