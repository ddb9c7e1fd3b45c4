-- Customers, predictions and margin of all cohorts are those of the customers one by one.
with

cohorts as (

    select
        coalesce(sum(customers), 0) as customers,
        coalesce(sum(customers_predicted), 0) as customers_predicted,
        coalesce(sum(margin_365_days), 0) as margin
    from {{ ref('clv_cohorts') }}

),

customers as (

    select
        count(*) as customers,
        count(margin_365_days) as customers_predicted,
        coalesce(sum(cast(margin_365_days as decimal(18, 4))), 0) as margin
    from {{ ref('clv_customers') }}

)

select
    cohorts.customers,
    customers.customers as expected_customers
from cohorts
cross join customers
where cohorts.customers <> customers.customers
    or cohorts.customers_predicted <> customers.customers_predicted
    or cohorts.margin <> customers.margin
