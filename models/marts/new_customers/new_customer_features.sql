-- A new customer's outcome is known when the horizon has passed; predicted is
-- who has no further order and a horizon that has not.
with

orders as (

    select * from {{ ref('new_customer_orders') }}

)

select
    customer_id,
    orders_used,
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
    unit_price,
    highest_unit_price,
    categories,
    top_category_share,
    discounted_share,
    mean_gap_days,
    last_gap_days,
    cast({{ elapsed_days('order_at', "date_trunc('month', horizon_at)") }} as double)
        as days_to_segment,
    horizon_at <= {{ as_of_date() }} as is_complete,
    has_no_more and horizon_at > {{ as_of_date() }} as is_current,
    order_at,
    horizon_at
from orders
