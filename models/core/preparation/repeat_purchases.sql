-- On which days a customer bought a product again, and how long it had lasted by then. Who bought a product once drops out before the days are sorted; an adding run
-- takes only customers whose lines have changed.
{{ config(
    materialized='incremental',
    incremental_strategy='affected',
    unique_key='customer_id'
) }}
with

repeated as (

    select
        customer_id,
        product_id
    from {{ ref('customer_products') }}
    where current_purchases > 1
        {{ only_affected('customer_id') }}

),

lines as (

    select
        order_lines.customer_id,
        order_lines.product_id,
        {{ epoch_seconds('order_lines.ordered_at') }} as bought_seconds
    from {{ ref('fct_order_lines') }} as order_lines
    inner join repeated
        on order_lines.customer_id = repeated.customer_id
        and order_lines.product_id = repeated.product_id
    where order_lines.is_bought
        {{ only_affected('order_lines.customer_id') }}

),

-- What is bought twice on a day is bought once.
days as (

    select
        customer_id,
        product_id,
        cast(floor(bought_seconds / 86400) as bigint) as bought_day,
        min(bought_seconds) as bought_seconds
    from lines
    group by customer_id, product_id, cast(floor(bought_seconds / 86400) as bigint)

),

repeats as (

    select
        *,
        ln(bought_day - lag(bought_day) over (
            partition by customer_id, product_id order by bought_day
        )) as log_interval
    from days
    qualify count(*) over (partition by customer_id, product_id) > 1

)

-- Running sums tell what was known at any moment without another pass; of decimals, so
-- that they repeat.
select
    customer_id,
    product_id,
    bought_seconds,
    lead(bought_seconds) over (
        partition by customer_id, product_id order by bought_seconds
    ) as next_seconds,
    cast(row_number() over (
        partition by customer_id, product_id order by bought_seconds
    ) as bigint) as purchases,
    cast(sum(cast(log_interval as decimal(18, 9))) over (
        partition by customer_id, product_id order by bought_seconds
    ) as decimal(38, 9)) as log_intervals,
    cast(sum(cast(log_interval * log_interval as decimal(18, 9))) over (
        partition by customer_id, product_id order by bought_seconds
    ) as decimal(38, 9)) as squared_log_intervals
from repeats
