-- Active customers with a product that they never bought, from the method that predicted
-- best what is bought for the first time: the first offer that fits the customer, of those at
-- ranks that were bought more often than what is popular; no product goes to too many. The list
-- is of what goes with what was bought: where sure rules of orders say what does, only what one
-- leads to. Where no method is ahead of popularity, there is no reason to write.
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

),

tested_offers as (

    select
        matching_offers.*,
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

),

-- Who could be in the list may be more than it holds.
sizes as (

    select greatest(
        count(distinct tested_offers.customer_id), coalesce(max(lists.capacity), 0)
    ) as customers
    from tested_offers
    left join {{ ref('lists_priced') }} as lists
        on lists.list_name = 'cross_sell'

),

wishes as (

    select
        'cross_sell' as list_name,
        tested_offers.customer_id,
        tested_offers.product_id,
        row_number() over (
            partition by tested_offers.customer_id order by tested_offers.rank
        ) as place,
        -tested_offers.score as turn,
        {{ most_of_product('sizes.customers') }} as most
    from tested_offers
    cross join sizes

),

{{ spread_products('wishes') }}

select
    tested_offers.customer_id,
    tested_offers.product_id,
    {{ text(
        '{reason}; of such offers {share} were bought when tested; last order {days} ago',
        reason='tested_offers.reason',
        share=percent_text('tested_share'),
        days=counted('totals.recency_days', 'day|days')
    ) }} as reason,
    tested_offers.score
from tested_offers
inner join spread
    on tested_offers.customer_id = spread.customer_id
    and tested_offers.product_id = spread.product_id
inner join totals
    on tested_offers.customer_id = totals.customer_id
