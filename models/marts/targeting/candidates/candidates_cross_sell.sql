-- Active customers with a product that goes with what they bought and that they
-- never bought themselves: of those that a usable rule of orders leads to with some
-- confidence, the one it lifts most. A product that is merely popular, or liked by
-- similar customers, is no reason to write.
with

recommendations as (

    select * from {{ ref('product_recommendations') }}
    where rule_basis = 'order'
        and is_new
        and share >= {{ var('cross_sell_min_confidence') }} - 1e-9
    qualify row_number() over (
        partition by customer_id order by lift desc, rank
    ) = 1

),

totals as (

    select * from {{ ref('int_customer_totals') }}
    where basis = 'bought'

)

select
    recommendations.customer_id,
    recommendations.product_id,
    {{ text(
        '{reason}; last order {days} ago',
        reason='recommendations.reason',
        days=counted('totals.recency_days', 'day|days')
    ) }} as reason,
    coalesce(cast(recommendations.expected_margin as double), 0) as score
from recommendations
inner join totals
    on recommendations.customer_id = totals.customer_id
where totals.recency_days <= {{ var('active_days') }}
