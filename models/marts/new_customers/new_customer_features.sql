-- What became of a newcomer is known when the horizon has passed; foretold is who has no
-- further receipt and a horizon that has not.
with

receipts as (

    select * from {{ ref('int_newcomer_receipts') }}

)

select
    customer_id,
    receipts_used,
    first_category,
    top_category,
    channel,
    delivery_method,
    payment_method,
    weekday,
    hour,
    amount,
    last_amount,
    lines,
    units_per_line,
    categories,
    top_category_share,
    discounted_share,
    mean_gap_days,
    last_gap_days,
    horizon_at <= {{ as_of_date() }} as is_complete,
    has_no_more and horizon_at > {{ as_of_date() }} as is_current,
    receipt_at,
    horizon_at
from receipts
