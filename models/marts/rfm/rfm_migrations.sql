with

month_ends as (

    select * from {{ ref('rfm_month_ends') }}

),

dates as (

    select
        month_end_date,
        lag(month_end_date) over (order by month_end_date) as previous_date
    from (select distinct month_end_date from month_ends) as distinct_ends

),

moved as (

    select
        later.basis,
        coalesce(earlier.segment, 'not yet a customer') as from_segment,
        later.segment as to_segment,
        count(*) as customers,
        dates.previous_date as from_date,
        dates.month_end_date as to_date
    from month_ends as later
    inner join dates
        on later.month_end_date = dates.month_end_date
        and dates.previous_date is not null
    left join month_ends as earlier
        on later.basis = earlier.basis
        and later.customer_id = earlier.customer_id
        and dates.previous_date = earlier.month_end_date
    group by all

)

select
    basis,
    from_segment,
    to_segment,
    customers,
    from_date,
    to_date
from moved
