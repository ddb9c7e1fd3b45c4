-- The way to the segments of today: unlike those between month ends it ends at the as-of
-- date, with the very customers and segments of rfm_scores. It starts at the last month
-- end that lies a month back or more.
with

month_ends as (

    select * from {{ ref('rfm_month_ends') }}

),

scores as (

    select * from {{ ref('rfm_scores') }}

),

totals as (

    select * from {{ ref('customer_totals') }}
    where source = 'totals'

),

start_dates as (

    select max(month_end_date) as from_date
    from month_ends
    where cast(month_end_date as timestamp) + interval '1 month' <= {{ as_of_date() }}

),

starts as (

    select month_ends.*
    from month_ends
    inner join start_dates
        on month_ends.month_end_date = start_dates.from_date

),

-- Totals say nothing about an earlier date.
moved as (

    select
        scores.basis,
        case
            when totals.customer_id is not null then 'known from totals'
            else coalesce(starts.segment, 'not yet a customer')
        end as from_segment,
        scores.segment as to_segment,
        count(*) as customers
    from scores
    left join totals
        on scores.basis = totals.basis
        and scores.customer_id = totals.customer_id
    left join starts
        on scores.basis = starts.basis
        and scores.customer_id = starts.customer_id
    group by all

)

select
    moved.basis,
    moved.from_segment,
    moved.to_segment,
    moved.customers,
    start_dates.from_date,
    cast({{ as_of_date() }} as date) as to_date
from moved
inner join start_dates
    on start_dates.from_date is not null
