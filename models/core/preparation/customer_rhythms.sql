-- How often a customer typically buys: the one gap that defines who has lapsed.
-- An adding run counts the affected customers again, and of all who are known
-- from totals, which have no lines.
{{ config(
    materialized='incremental',
    incremental_strategy='affected',
    unique_key='customer_id',
    incremental_predicates=["source <> 'orders'"]
) }}
with

orders as (

    select
        customer_id,
        order_id,
        ordered_at
    from {{ ref('fct_orders') }}
    where customer_id is not null
        and is_bought
        {{ only_affected('customer_id') }}

),

gaps as (

    select
        customer_id,
        ordered_at,
        cast({{ elapsed_days(
            'lag(ordered_at) over (partition by customer_id order by ordered_at, order_id)',
            'ordered_at'
        ) }} as decimal(18, 4)) as gap_days
    from orders

),

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'
        and source = 'totals'
        and orders > 0

)

select
    customer_id,
    'orders' as source,
    count(*) as orders,
    cast(avg(gap_days) as double) as mean_gap_days,
    cast(median(gap_days) as double) as median_gap_days,
    min(ordered_at) as first_order_at,
    max(ordered_at) as last_order_at
from gaps
group by customer_id

union all

select
    customer_id,
    source,
    orders,
    -- From becoming a customer to the last order, in as many steps as orders followed.
    case
        when orders > 1 and tenure_days > recency_days
            then {{ ratio('tenure_days - recency_days', 'orders - 1') }}
    end as mean_gap_days,
    cast(null as double) as median_gap_days,
    cast(null as timestamp) as first_order_at,
    cast(null as timestamp) as last_order_at
from totals
