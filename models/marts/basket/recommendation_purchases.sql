-- What a customer had bought, as known at two moments: when the tested period
-- begins, so that recommendations can be tried on it, and now.
with

periods as (

    select * from {{ ref('basket_periods') }}

),

moments as (

    select
        'tested' as moment,
        confirmed_until_seconds as until_seconds
    from periods
    where is_split

    union all

    select
        'current' as moment,
        tested_until_seconds as until_seconds
    from periods

),

bought_lines as (

    select
        customer_id,
        product_id,
        {{ epoch_seconds('ordered_at') }} as ordered_seconds
    from {{ ref('fct_order_lines') }}
    where is_bought
        and customer_id is not null

),

purchases as (

    select
        customer_id,
        product_id,
        ordered_seconds
    from bought_lines
    group by customer_id, product_id, ordered_seconds

)

select
    moments.moment,
    purchases.customer_id,
    purchases.product_id,
    count(*) as purchases,
    cast(
        floor((max(moments.until_seconds) - max(purchases.ordered_seconds)) / 86400)
        as bigint
    ) as days_ago
from moments
inner join purchases
    on moments.until_seconds >= purchases.ordered_seconds
group by moments.moment, purchases.customer_id, purchases.product_id
