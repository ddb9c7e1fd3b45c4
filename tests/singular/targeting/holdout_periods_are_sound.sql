-- Periods of a dataset do not overlap, end after they begin, and hold out some customers,
-- never all.
with

periods as (

    select * from {{ ref('holdout_periods') }}

)

select
    dataset,
    period,
    'ends before it begins, or holds out nobody or everybody' as fault
from periods
where first_date > last_date
    or share <= 0
    or share >= 1

union all

select
    periods.dataset,
    periods.period,
    'overlaps ' || others.period as fault
from periods
inner join periods as others
    on periods.dataset = others.dataset
    and periods.period <> others.period
    and periods.first_date <= others.last_date
    and periods.last_date >= others.first_date
