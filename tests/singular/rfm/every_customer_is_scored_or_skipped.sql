-- Nobody falls between the tables: on each basis every known customer has either a
-- segment or a reason for having none, and there is nobody else in either.
with

customers as (

    select
        bases.basis,
        customers.customer_id
    from {{ ref('dim_customers') }} as customers
    cross join (values ('placed'), ('bought')) as bases (basis)

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
        customer_id,
        count(*) as outcomes
    from outcomes
    group by basis, customer_id

)

select
    customers.*,
    outcome_counts.*
from customers
full join outcome_counts
    on customers.basis = outcome_counts.basis
    and customers.customer_id = outcome_counts.customer_id
where customers.customer_id is null
    or outcome_counts.outcomes is distinct from 1
