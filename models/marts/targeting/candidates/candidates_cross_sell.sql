-- Active customers with a product that goes with what they bought. A product
-- that is merely popular is no reason to write.
with

recommendations as (

    select * from {{ ref('product_recommendations') }}
    where rank = 1
        and source = 'rule'

),

totals as (

    select * from {{ ref('int_customer_totals') }}
    where basis = 'bought'

)

select
    recommendations.customer_id,
    recommendations.product_id,
    recommendations.reason || '; last order '
        || totals.recency_days || ' days ago' as reason,
    coalesce(cast(recommendations.expected_margin as double), 0) as score
from recommendations
inner join totals
    on recommendations.customer_id = totals.customer_id
where totals.recency_days <= {{ var('active_days') }}
