-- What a customer bought, as known now and when the tested period began.
with

moments as (

    select * from {{ ref('int_recommendation_moments') }}

),

lines as (

    select
        order_lines.customer_id,
        order_lines.product_id,
        {{ epoch_seconds('order_lines.ordered_at') }} as ordered_seconds
    from {{ ref('fct_order_lines') }} as order_lines
    where order_lines.is_bought
        and order_lines.customer_id is not null

),

purchases as (

    select
        customer_id,
        product_id,
        ordered_seconds
    from lines
    group by customer_id, product_id, ordered_seconds

),

-- Both moments in one pass: a join by times alone would sort all that was bought.
bought as (

    select
        purchases.customer_id,
        purchases.product_id,
        count(*) as current_purchases,
        max(purchases.ordered_seconds) as current_seconds,
        count(*) filter (where purchases.ordered_seconds <= moments.tested_seconds)
            as tested_purchases,
        max(purchases.ordered_seconds) filter (
            where purchases.ordered_seconds <= moments.tested_seconds
        ) as tested_seconds
    from purchases
    inner join moments
        on purchases.ordered_seconds <= moments.current_seconds
    group by purchases.customer_id, purchases.product_id

)

select
    bought.customer_id,
    bought.product_id,
    bought.current_purchases,
    cast(floor((moments.current_seconds - bought.current_seconds) / 86400) as bigint)
        as current_days_ago,
    bought.tested_purchases,
    cast(floor((moments.tested_seconds - bought.tested_seconds) / 86400) as bigint)
        as tested_days_ago
from bought
cross join moments
