with

-- What a customer bought before, or gets because many buy it, needs no likeness.
offers as (

    select distinct
        customer_id,
        product_id
    from {{ ref('recommendation_offers') }}
    where purchases = 0
        and method not in ('popularity', 'segment', 'rules_then_segment')

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

),

most_similar as (

    select
        offers.customer_id,
        offers.product_id,
        min_by(neighbours.neighbour_id, (-neighbours.similarity, neighbours.neighbour_id))
            as source_id,
        max(neighbours.similarity) as similarity
    from offers
    inner join neighbours
        on offers.product_id = neighbours.product_id
    inner join purchases
        on offers.customer_id = purchases.customer_id
        and neighbours.neighbour_id = purchases.product_id
    group by offers.customer_id, offers.product_id

)

select
    most_similar.customer_id,
    most_similar.product_id,
    coalesce(sources.product_name, sources.product_id) as source_name,
    most_similar.similarity
from most_similar
inner join products as sources
    on most_similar.source_id = sources.product_id
