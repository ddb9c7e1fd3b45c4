-- What each customer could buy next: also what is bought again, once its interval has passed.
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
    is_new,
    is_fitting
from {{ ref('recommendation_reasons') }}
where regime = 'lists'
