-- How often pairs of each rhythm and state were bought within the window, and how far
-- their expected dates were off, in the validation period and in the test period.
with

pairs as (

    select * from {{ ref('replenishment_intervals') }}
    where as_of <> 'current'

),

as_of_days as (

    select * from {{ ref('replenishment_as_of_days') }}
    where as_of <> 'current'

),

comparisons as (

    select * from {{ ref('replenishment_comparisons') }}

),

periods as (

    select
        periods.period,
        rhythms.rhythm,
        states.state
    from (values ('validation'), ('test')) as periods (period)
    cross join (values ('steady'), ('irregular')) as rhythms (rhythm)
    cross join (
        values ('not_yet_due')
        {%- for state in var('replenish_states') %}, ('{{ state }}'){% endfor %}
    ) as states (state)

),

counted as (

    select
        as_of,
        rhythm,
        state,
        count(*) as pairs,
        count(distinct customer_id) as customers,
        count(*) filter (where is_bought_again) as bought_again,
        count(next_interval_days) as dates,
        {{ ratio('sum(cast(abs(next_interval_days - usual_interval_days)'
            ~ ' / usual_interval_days as decimal(38, 9)))', 'count(next_interval_days)') }}
            as mean_date_error,
        median(abs(next_interval_days - usual_interval_days) / usual_interval_days)
            as median_date_error
    from pairs
    group by as_of, rhythm, state

)

select
    periods.period,
    periods.rhythm,
    periods.state,
    as_of_days.as_of is not null as is_tested,
    (as_of_days.window_until_seconds - as_of_days.from_seconds) / 86400 as window_days,
    coalesce(counted.customers, 0) as customers,
    coalesce(counted.pairs, 0) as pairs,
    coalesce(counted.bought_again, 0) as bought_again,
    {{ ratio('counted.bought_again', 'counted.pairs') }} as bought_share,
    coalesce(cast(comparisons.compared_pairs as bigint), 0) as compared_pairs,
    comparisons.baseline_share,
    comparisons.gain,
    comparisons.gain_se,
    coalesce(counted.dates, 0) as dates,
    counted.mean_date_error,
    counted.median_date_error,
    -- One-sided, five in a hundred for the eight comparisons together.
    coalesce(comparisons.gain > 2.498 * comparisons.gain_se, false) as is_ahead,
    coalesce(counted.customers >= {{ var('replenish_min_customers') }}, false) as is_enough
from periods
left join as_of_days
    on periods.period = as_of_days.as_of
left join counted
    on periods.period = counted.as_of
    and periods.rhythm = counted.rhythm
    and periods.state = counted.state
left join comparisons
    on periods.period = comparisons.as_of
    and periods.rhythm = comparisons.rhythm
    and periods.state = comparisons.state
