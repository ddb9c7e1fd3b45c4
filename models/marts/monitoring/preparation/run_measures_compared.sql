-- The baseline is the median of the earlier runs, the spread their median absolute
-- deviation.
with

measures as (

    select * from {{ ref('run_measures') }}

),

counted as (

    select
        measure,
        subject,
        value,
        cases
    from measures
    where as_of_date = cast({{ as_of_date() }} as date)

),

earlier as (

    select
        measure,
        subject,
        value
    from measures
    where as_of_date < cast({{ as_of_date() }} as date)
        -- A run without candidates says nothing about their typical number.
        and not (measure in ('candidates', 'list size') and value = 0)
    qualify row_number() over (
        partition by measure, subject
        order by as_of_date desc
    ) <= {{ var('monitoring_runs') }}

),

medians as (

    select
        measure,
        subject,
        count(*) as runs,
        median(value) as baseline
    from earlier
    group by measure, subject

),

-- Scaled to the standard deviation of a normal.
spreads as (

    select
        medians.measure,
        medians.subject,
        medians.runs,
        medians.baseline,
        1.4826 * median(abs(earlier.value - medians.baseline)) as spread
    from medians
    inner join earlier
        on medians.measure = earlier.measure
        and medians.subject = earlier.subject
    group by medians.measure, medians.subject, medians.runs, medians.baseline

),

compared as (

    select
        coalesce(counted.measure, spreads.measure) as measure,
        coalesce(counted.subject, spreads.subject) as subject,
        coalesce(counted.value, 0) as value,
        coalesce(counted.cases, 0) as cases,
        coalesce(spreads.runs, 0) as runs,
        case
            when spreads.runs >= {{ var('monitoring_least_runs') }} then spreads.baseline
        end as baseline,
        spreads.spread
    from counted
    full outer join spreads
        on counted.measure = spreads.measure
        and counted.subject = spreads.subject

)

-- Counts vary at least as Poisson's do; a share as a binomial's.
select
    measure,
    subject,
    value,
    cases,
    runs,
    baseline,
    greatest(spread, sqrt(baseline), 1) as count_deviation,
    sqrt(
        power(spread, 2) + greatest(baseline * (1 - baseline), 0) / greatest(cases, 1)
    ) as share_deviation
from compared
