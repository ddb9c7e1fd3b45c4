-- The segments of a basis hold all of its scored customers and their revenue,
-- and their shares sum to one.
with

scores as (

    select
        basis,
        count(*) as customers,
        sum(monetary) as revenue,
        coalesce(sum(margin), 0) as margin
    from {{ ref('rfm_scores') }}
    group by basis

),

summaries as (

    select
        basis,
        sum(customers) as customers,
        sum(revenue) as revenue,
        coalesce(sum(margin), 0) as margin,
        sum(customer_share) as customer_share,
        sum(revenue_share) as revenue_share
    from {{ ref('rfm_segment_summary') }}
    group by basis

)

select
    scores.*,
    summaries.*
from scores
full join summaries
    on scores.basis = summaries.basis
where scores.customers is distinct from summaries.customers
    or scores.revenue is distinct from summaries.revenue
    or scores.margin is distinct from summaries.margin
    or (abs(summaries.customer_share - 1) < 1e-9) is not true
    or abs(summaries.revenue_share - 1) >= 1e-9
