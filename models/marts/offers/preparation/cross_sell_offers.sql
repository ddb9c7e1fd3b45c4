-- Offers of something new to active customers that fit and were bought, when tested, more often
-- than what is popular; where sure rules of orders lead to any, only those to which one leads.
with

chosen_methods as (

    select distinct method
    from {{ ref('recommendation_evaluations') }}
    where is_chosen
        and regime = 'new'
        and method <> 'popularity'

),

hit_shares as (

    select * from {{ ref('recommendation_hit_shares') }}
    where regime = 'new'
        and is_ahead

),

new_offers as (

    select
        *,
        coalesce(
            rule_basis = 'order' and share >= {{ var('cross_sell_min_confidence') }} - 1e-9,
            false
        ) as is_matching
    from {{ ref('new_product_recommendations') }}

),

shops as (

    select coalesce(bool_or(is_matching), false) as has_matching from new_offers

),

matching_offers as (

    select new_offers.*
    from new_offers
    cross join shops
    where new_offers.is_fitting
        and new_offers.is_matching = shops.has_matching

),

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'

)

select
    matching_offers.customer_id,
    matching_offers.product_id,
    matching_offers.rank,
    matching_offers.reason,
    totals.recency_days,
    hit_shares.hit_share as tested_share,
    coalesce(cast(matching_offers.line_margin as double) * hit_shares.hit_share, 0) as score
from matching_offers
inner join chosen_methods
    on matching_offers.method = chosen_methods.method
inner join hit_shares
    on matching_offers.method = hit_shares.method
    and matching_offers.rank = hit_shares.place
    and hit_shares.hit_share > 0
inner join totals
    on matching_offers.customer_id = totals.customer_id
where totals.recency_days <= {{ var('active_days') }}
