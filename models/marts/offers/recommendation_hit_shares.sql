-- How many of the offers that were new to a customer were then bought, by rank
-- of the offer: what a list may rest on, also where no rule leads to an offer.
with

tests as (

    select * from {{ ref('recommendation_tests') }}
    where place > 0

),

purchases as (

    select * from {{ ref('customer_products') }}
    where evaluation_purchases > 0

),

new_offers as (

    select tests.*
    from tests
    left join purchases
        on tests.customer_id = purchases.customer_id
        and tests.product_id = purchases.product_id
    where purchases.product_id is null

),

counted as (

    select
        method,
        place,
        count(*) as offers,
        count(*) filter (where is_hit) as hits
    from new_offers
    group by method, place

),

-- At any rank: what is popular is bought about as often at each.
popular as (

    select
        sum(offers) as offers,
        {{ ratio('sum(hits)', 'sum(offers)') }} as hit_share
    from counted
    where method = 'popularity'

),

compared as (

    select
        counted.*,
        {{ ratio('counted.hits', 'counted.offers') }} as hit_share,
        coalesce(popular.hit_share, 0) as popular_hit_share,
        popular.offers as popular_offers,
        {{ ratio(
            'counted.hits + coalesce(popular.hit_share, 0) * popular.offers',
            'counted.offers + popular.offers'
        ) }} as pooled_share
    from counted
    cross join popular

)

select
    method,
    cast(place as bigint) as place,
    offers,
    hits,
    hit_share,
    popular_hit_share,
    -- One-sided, five in a hundred, as a method is chosen.
    coalesce(
        hit_share - popular_hit_share
        > 1.645 * sqrt(
            pooled_share * (1 - pooled_share) * (1.0 / offers + 1.0 / popular_offers)
        ),
        false
    ) as is_ahead
from compared
