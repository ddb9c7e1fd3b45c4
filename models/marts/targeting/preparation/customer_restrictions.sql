-- What forbids a contact by any channel. The erased have left the inputs before; a row of
-- theirs that came in another way is known by the hash of its key.
{{ config(materialized='ephemeral') }}
with

suppressions as (

    select * from {{ ref('customers_suppressed') }}

),

erasures as (

    select distinct customer_id from {{ ref('int_erasures_validated') }}
    where customer_id is not null

),

-- A birth year is no birthday: who may still be under age counts as a minor.
minors as (

    select customer_id from {{ ref('dim_customers') }}
    where age_years <= {{ var('minimum_age') }}

),

customers as (

    select customer_id from {{ ref('dim_customers') }}

    union

    select customer_id from {{ ref('customer_contacts') }}

)

select
    customers.customer_id,
    minors.customer_id is not null as is_possibly_minor,
    suppressions.customer_id is not null as is_suppressed,
    erasures.customer_id is not null as is_erased
from customers
left join minors
    on customers.customer_id = minors.customer_id
left join suppressions
    on customers.customer_id = suppressions.customer_id
left join erasures
    on {{ erased_key('customers.customer_id') }} = erasures.customer_id
