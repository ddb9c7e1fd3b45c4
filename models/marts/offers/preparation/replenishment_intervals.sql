-- How long a product usually lasts a customer, how much of that has passed, and what
-- that makes of the pair; steady where intervals vary little. A table, since what is due and its test both read it.
{{ config(materialized='table_in_place') }}
with

pairs as (

    select * from {{ ref('replenishment_pairs') }}

),

products as (

    select * from {{ ref('replenishment_products') }}

),

weighted as (

    select
        pairs.*,
        products.log_interval as product_log_interval,
        products.variance_of_product,
        case
            when products.variance_between_pairs > 0
                then pairs.intervals / (
                    pairs.intervals
                    + products.variance_within_pairs / products.variance_between_pairs
                )
            else 0
        end as own_weight
    from pairs
    inner join products
        on pairs.as_of = products.as_of
        and pairs.product_id = products.product_id

),

shrunk as (

    select
        *,
        product_log_interval + own_weight * (log_interval - product_log_interval)
            as usual_log_interval
    from weighted

),

varied as (

    select
        *,
        exp(usual_log_interval) as usual_interval_days,
        -- Around what is usual, which takes its weight of the own intervals; that of the
        -- product counts as two.
        (
            squared_deviations
            + intervals * power(log_interval - usual_log_interval, 2)
            + 2 * variance_of_product
        ) / (intervals - own_weight + 2) as log_variance
    from shrunk

)

select
    as_of,
    customer_id,
    product_id,
    case
        {%- for state, intervals in var('replenish_states').items() | reverse %}
        when days_since_last >= {{ intervals }} * usual_interval_days - 1e-9 then '{{ state }}'
        {%- endfor %}
        else 'not_yet_due'
    end as state,
    case
        when sqrt(log_variance) <= {{ var('replenish_steady_deviation') }} then 'steady'
        else 'irregular'
    end as rhythm,
    purchases,
    days_since_last,
    last_seconds,
    next_interval_days,
    own_weight,
    exp(log_interval) as own_interval_days,
    exp(product_log_interval) as product_interval_days,
    usual_interval_days,
    is_bought_again
from varied
