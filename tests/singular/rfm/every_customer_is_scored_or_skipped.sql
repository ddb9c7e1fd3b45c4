-- A customer with figures has a segment or a reason for having none, never both
-- and never neither; the summary counts and sums those who were scored.
with

customer_totals as (

    select
        basis,
        count(*) as customers
    from {{ ref('int_customer_totals') }}
    group by basis

),

outcomes as (

    select
        basis,
        customer_id
    from {{ ref('rfm_scores') }}

    union all

    select
        basis,
        customer_id
    from {{ ref('rfm_skipped') }}

),

outcome_counts as (

    select
        basis,
        count(*) as outcomes,
        count(distinct customer_id) as customers
    from outcomes
    group by basis

)

select
    customer_totals.*,
    outcome_counts.*
from customer_totals
full join outcome_counts
    on customer_totals.basis = outcome_counts.basis
where customer_totals.customers is distinct from outcome_counts.outcomes
    or customer_totals.customers is distinct from outcome_counts.customers
