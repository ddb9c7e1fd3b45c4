-- Where the as-of date is itself a month end, the order events show the same
-- customers as the receipts, and in the same segments. Customers known from
-- totals have no events, and shift the fifths: with them, segments may differ.
with

customer_totals as (

    select * from {{ ref('int_customer_totals') }}

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

    select * from {{ ref('int_rfm_month_ends') }}
    where cast(month_end_date as timestamp) = {{ as_of_date() }}

),

receipts as (

    select * from scores
    where source = 'receipts'
        and exists (select 1 from month_ends)

)

select
    receipts.*,
    month_ends.*
from receipts
full join month_ends
    on receipts.basis = month_ends.basis
    and receipts.customer_id = month_ends.customer_id
where receipts.customer_id is null
    or month_ends.customer_id is null
    or (not receipts.has_totals and receipts.segment <> month_ends.segment)
