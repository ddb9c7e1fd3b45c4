-- What a customer bought, as known now and when the tested period began. Where that began
-- when it did, only customers whose lines were touched are counted again.
{{ config(
    materialized='incremental',
    pre_hook="{{ forget_touched('customer_id') }}",
    post_hook='{{ note_built() }}'
) }}
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
        {{ only_touched('customer_id', column='order_lines.customer_id') }}

),

purchases as (

    select
        customer_id,
        product_id,
        ordered_seconds
    from lines
    group by customer_id, product_id, ordered_seconds

)

-- Both moments in one pass: a join by times alone would sort all that was bought.
select
    purchases.customer_id,
    purchases.product_id,
    count(*) as current_purchases,
    max(purchases.ordered_seconds) as current_last_seconds,
    count(*) filter (where purchases.ordered_seconds <= moments.tested_seconds)
        as tested_purchases,
    max(purchases.ordered_seconds) filter (
        where purchases.ordered_seconds <= moments.tested_seconds
    ) as tested_last_seconds
from purchases
cross join moments
group by purchases.customer_id, purchases.product_id
