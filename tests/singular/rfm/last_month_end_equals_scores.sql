-- Where the as-of date is itself a month end, the order events show the same
-- customers as the orders, and in the same segments. Customers known from
-- totals have no events, and shift the quintiles: with them, segments may differ.
with

customer_totals as (

    select * from {{ ref('customer_totals') }}

),

scores as (

    select
        scores.*,
        -- A count with a filter over all rows would take their square.
        bool_or(customer_totals.source = 'totals') over () as has_totals,
        customer_totals.source
    from {{ ref('rfm_scores') }} as scores
    inner join customer_totals
        on scores.basis = customer_totals.basis
        and scores.customer_id = customer_totals.customer_id

),

month_ends as (

    select * from {{ ref('rfm_month_ends') }}
    where cast(month_end_date as timestamp) = {{ as_of_date() }}

),

orders as (

    select * from scores
    where source = 'orders'
        and exists (select 1 from month_ends)

)

select
    orders.*,
    month_ends.*
from orders
full join month_ends
    on orders.basis = month_ends.basis
    and orders.customer_id = month_ends.customer_id
where orders.customer_id is null
    or month_ends.customer_id is null
    or (not orders.has_totals and orders.segment <> month_ends.segment)
