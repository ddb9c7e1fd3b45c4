with

offers as (

    select * from {{ ref('recommendation_offers') }}
    where source = 'similar'

),

purchases as (

    select * from {{ ref('customer_products') }}
    where current_purchases > 0

),

products as (

    select * from {{ ref('recommendation_products') }}
    where as_of = 'current'

),

neighbours as (

    select * from {{ ref('ml_item_neighbours') }}
    where as_of = 'current'

),

-- From purchases to neighbours: a product that everybody buys is like thousands, so
-- the other way round there would be thousands of rows for each offer.
neighbours_of_bought as (

    select
        purchases.customer_id,
        neighbours.neighbour_id as product_id,
        neighbours.product_id as source_id,
        neighbours.similarity
    from purchases
    inner join neighbours
        on purchases.product_id = neighbours.product_id
    where exists (
        select 1 from offers
        where purchases.customer_id = offers.customer_id
            and neighbours.neighbour_id = offers.product_id
    )

),

most_similar as (

    select
        customer_id,
        product_id,
        min_by(source_id, (-similarity, source_id)) as source_id,
        max(similarity) as similarity
    from neighbours_of_bought
    group by customer_id, product_id

)

select
    most_similar.customer_id,
    most_similar.product_id,
    coalesce(sources.product_name, sources.product_id) as source_name,
    most_similar.similarity
from most_similar
inner join products as sources
    on most_similar.source_id = sources.product_id
