-- Customers with orders whose totals know of more: of a day before the files begin, or of more
-- orders than the files hold. What the files tell of them is not their history.
{{ config(materialized='table_in_place') }}
with

totals as (

    select
        *,
        {{ days_after('coalesce(as_of_date, ' ~ as_of_date() ~ ')', '-tenure_days') }}
            as first_ordered_at
    from {{ by_person('customer_totals') }} as customer_totals
    where as_of_date is null
        or as_of_date <= {{ as_of_date() }}

),

orders as (

    select
        customer_id,
        count(*) as orders
    from {{ ref('fct_orders') }}
    where customer_id is not null
    group by customer_id

),

files as (

    select cast(min(ordered_at) as date) as first_order_day from {{ ref('fct_orders') }}

)

select totals.customer_id
from totals
inner join orders
    on totals.customer_id = orders.customer_id
cross join files
where totals.orders > orders.orders
    or cast(totals.first_ordered_at as date) < files.first_order_day
