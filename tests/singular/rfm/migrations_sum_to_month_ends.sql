-- Whoever has a segment at a month end has come from somewhere, and nobody who
-- had one a month before is counted twice.
with

month_ends as (

    select
        basis,
        month_end_date,
        count(*) as customers
    from {{ ref('rfm_month_ends') }}
    group by basis, month_end_date

),

migrations as (

    select
        basis,
        from_date,
        to_date,
        sum(customers) as customers,
        sum(customers) filter (where from_segment <> 'not yet a customer')
            as earlier_customers
    from {{ ref('rfm_migrations') }}
    group by basis, from_date, to_date

),

first_ends as (

    select min(month_end_date) as month_end_date from month_ends

)

select
    month_ends.*,
    migrations.*
from month_ends
left join first_ends
    on month_ends.month_end_date = first_ends.month_end_date
left join migrations
    on month_ends.basis = migrations.basis
    and month_ends.month_end_date = migrations.to_date
left join month_ends as earlier_ends
    on migrations.basis = earlier_ends.basis
    and migrations.from_date = earlier_ends.month_end_date
where (
    first_ends.month_end_date is null
    and month_ends.customers is distinct from migrations.customers
)
or migrations.earlier_customers > coalesce(earlier_ends.customers, 0)
