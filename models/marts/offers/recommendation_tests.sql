-- What each method would have offered when the period began, and whether the customer then
-- bought it.
select
    period,
    regime,
    method,
    settings,
    customer_id,
    product_id,
    cast(place as bigint) as place,
    cast(wanted as bigint) as wanted,
    is_hit,
    {{ null_if_nan('buyer_share') }} as buyer_share,
    {{ null_if_nan('likeness') }} as likeness
from {{ ref('ml_recommendation_tests') }}
