-- Whether what is due is bought sooner than what is not yet due, out of time: the
-- validation period decides which states the list may use, the test period says how
-- often such products are then bought.
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

),

measured as (

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

),

decided as (

    select
        *,
        bool_or(period = 'validation' and is_ahead and is_enough) over (partition by rhythm, state)
            as is_proved,
        bool_or(period = 'validation' and is_enough) over (partition by rhythm, state)
            as was_enough,
        bool_or(period = 'test' and is_enough) over (partition by rhythm, state) as has_share
    from measured

)

select
    period,
    rhythm,
    state,
    case
        when not is_tested then {{ text('the history is too short to test what is bought again') }}
        when state = 'not_yet_due' then {{ text('what the other states are compared with') }}
        when is_proved and has_share
            then {{ text('used: bought sooner than what is not yet due, by more than chance') }}
        when is_proved
            then {{ text('not used: too few customers in the test period to say how often it is bought') }}
        when not was_enough
            then {{ text('not used: too few customers in the validation period') }}
        else {{ text('not used: in the validation period not ahead of what is not yet due by more than chance') }}
    end as reason,
    cast(window_days as double) as window_days,
    customers,
    pairs,
    bought_again,
    bought_share,
    compared_pairs,
    baseline_share,
    gain,
    gain_se,
    dates,
    mean_date_error,
    median_date_error,
    is_ahead,
    is_proved and has_share and state <> 'not_yet_due' as is_used
from decided
