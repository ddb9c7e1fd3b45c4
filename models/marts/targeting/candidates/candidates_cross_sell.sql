-- Active customers with a product that they never bought, from the method that predicted
-- best what is bought. Of offers of rules the one that a usable rule of orders lifts
-- most, if it is sure enough; of another method the first of those which, when tested,
-- were bought more often than what is popular. Where no method is ahead of popularity,
-- there is no reason to write.
with

chosen_methods as (

    select distinct method from {{ ref('recommendation_evaluations') }}
    where is_chosen
        and method <> 'popularity'

),

hit_shares as (

    select * from {{ ref('recommendation_hit_shares') }}
    where is_ahead

),

new_offers as (

    select * from {{ ref('product_recommendations') }}
    where is_new

),

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'

),

ruled as (

    select new_offers.*
    from new_offers
    where new_offers.rule_basis = 'order'
        and new_offers.share >= {{ var('cross_sell_min_confidence') }} - 1e-9
        and exists (
            select 1 from chosen_methods
            where chosen_methods.method in ('rules', 'rules_then_segment')
        )
    qualify row_number() over (
        partition by new_offers.customer_id order by new_offers.lift desc, new_offers.rank
    ) = 1

),

tested as (

    select
        new_offers.*,
        hit_shares.hit_share
    from new_offers
    inner join chosen_methods
        on new_offers.method = chosen_methods.method
        and chosen_methods.method not in ('rules', 'rules_then_segment')
    inner join hit_shares
        on new_offers.method = hit_shares.method
        and new_offers.rank = hit_shares.place
    qualify row_number() over (
        partition by new_offers.customer_id order by new_offers.rank
    ) = 1

),

offers as (

    select
        customer_id,
        product_id,
        reason,
        cast(expected_margin as double) as expected_margin
    from ruled

    union all

    select
        customer_id,
        product_id,
        {{ text(
            '{reason}; of such offers {share} were bought when tested',
            reason='reason', share=percent_text('hit_share')
        ) }} as reason,
        cast(line_margin as double) * hit_share as expected_margin
    from tested

)

select
    offers.customer_id,
    offers.product_id,
    {{ text(
        '{reason}; last order {days} ago',
        reason='offers.reason',
        days=counted('totals.recency_days', 'day|days')
    ) }} as reason,
    coalesce(offers.expected_margin, 0) as score
from offers
inner join totals
    on offers.customer_id = totals.customer_id
where totals.recency_days <= {{ var('active_days') }}
