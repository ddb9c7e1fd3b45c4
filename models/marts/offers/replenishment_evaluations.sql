-- Whether what is due is bought sooner than what is not yet due, out of time: the
-- validation period decides which states the list may use, the test period says how
-- often such products are then bought.
with

measured as (

    select * from {{ ref('replenishment_measures') }}

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
