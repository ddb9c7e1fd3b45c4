-- The names fit the people under them: what the guard of a segment asks for holds for
-- each of its customers, on both bases.
with

guards as (

    select * from {{ ref('rfm_segment_guards') }}

),

customer_totals as (

    select * from {{ ref('customer_totals') }}

),

scores as (

    select * from {{ ref('rfm_scores') }}

)

select
    scores.basis,
    scores.customer_id,
    scores.rfm_code,
    scores.segment,
    scores.frequency,
    scores.recency_days,
    customer_totals.tenure_days
from scores
left join customer_totals
    on scores.basis = customer_totals.basis
    and scores.customer_id = customer_totals.customer_id
left join guards
    on scores.segment = guards.segment
where guards.segment is null
    or scores.frequency < guards.minimum_orders
    or customer_totals.tenure_days
    > {{ var('rfm_guard_days_factor') }} * guards.first_order_within_days
    or scores.recency_days
    > {{ var('rfm_guard_days_factor') }} * guards.first_order_within_days
    or scores.recency_days
    < {{ var('rfm_guard_days_factor') }} * guards.silent_at_least_days
    or scores.recency_days
    > {{ var('rfm_guard_days_factor') }} * guards.silent_at_most_days
