-- What each customer could buy for the first time.
select
    customer_id,
    product_id,
    product_name,
    method,
    source,
    rule_basis,
    reason,
    price_band,
    typical_price_band,
    rank,
    share,
    lift,
    line_margin,
    hit_share,
    expected_margin,
    is_fitting
from {{ ref('recommendation_reasons') }}
where regime = 'new'
