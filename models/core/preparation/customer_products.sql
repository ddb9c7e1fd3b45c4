-- What a customer ordered and how often it was bought, as known now and when the
-- validation and test periods of the baskets began. Where these began when they did,
-- only customers whose lines have changed are counted again.
{{ config(
    materialized='incremental',
    incremental_strategy='affected',
    unique_key='customer_id'
) }}
with

as_of_days as (

    select * from {{ ref('recommendation_days') }}

),

lines as (

    select
        order_lines.customer_id,
        order_lines.product_id,
        order_lines.is_bought,
        {{ epoch_seconds('order_lines.ordered_at') }} as ordered_seconds
    from {{ ref('fct_order_lines') }} as order_lines
    where order_lines.is_placed
        and order_lines.customer_id is not null
        {{ only_affected('order_lines.customer_id') }}

),

purchases as (

    select
        customer_id,
        product_id,
        ordered_seconds,
        bool_or(is_bought) as is_bought
    from lines
    group by customer_id, product_id, ordered_seconds

)

-- All days in one pass: a join by times alone would sort all that was bought.
select
    purchases.customer_id,
    purchases.product_id,
    count(*) filter (where purchases.is_bought) as current_purchases,
    max(purchases.ordered_seconds) filter (where purchases.is_bought)
        as current_last_seconds,
    {#- Where nothing was bought there is no such day. #}
    count(*) filter (
        where purchases.is_bought and purchases.ordered_seconds <= as_of_days.validation_seconds
    ) as validation_purchases,
    count(*) filter (
        where purchases.is_bought and purchases.ordered_seconds <= as_of_days.evaluation_seconds
    ) as evaluation_purchases,
    max(purchases.ordered_seconds) filter (
        where purchases.is_bought and purchases.ordered_seconds <= as_of_days.evaluation_seconds
    ) as evaluation_last_seconds
from purchases
left join as_of_days
    on true
group by purchases.customer_id, purchases.product_id
