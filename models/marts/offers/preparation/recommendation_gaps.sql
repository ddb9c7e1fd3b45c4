with

as_of_days as (

    select * from {{ ref('recommendation_as_of_days') }}

),

lines as (

    select
        *,
        {{ epoch_seconds('ordered_at') }} as ordered_seconds
    from {{ ref('fct_order_lines') }}
    where is_bought

),

repeat_buyers as (

    select * from {{ ref('customer_products') }}
    where current_purchases > 1

),

-- Only customers who bought a product more than once show after how long.
repeat_purchases as (

    select distinct
        lines.customer_id,
        lines.product_id,
        lines.ordered_seconds
    from lines
    inner join repeat_buyers
        on lines.customer_id = repeat_buyers.customer_id
        and lines.product_id = repeat_buyers.product_id

),

repeats as (

    select
        product_id,
        ordered_seconds,
        ordered_seconds - lag(ordered_seconds) over (
            partition by customer_id, product_id order by ordered_seconds
        ) as gap_seconds
    from repeat_purchases

)

select
    as_of_days.as_of,
    repeats.product_id,
    count(*) as repeats,
    cast(floor(median(repeats.gap_seconds) / 86400) as bigint) as typical_gap_days
from as_of_days
inner join repeats
    on as_of_days.until_seconds >= repeats.ordered_seconds
    and repeats.gap_seconds is not null
group by as_of_days.as_of, repeats.product_id
