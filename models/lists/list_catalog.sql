-- Which lists there are, and why one is empty.
with

lists as (

    select * from {{ ref('lists_priced') }}

),

counts as (

    select * from {{ ref('list_counts') }}

),

runs as (

    select * from {{ ref('list_runs') }}
    where as_of_date = cast({{ as_of_date() }} as date)

),

stops as (

    select
        list_name,
        {{ joined_text('sentence', '; ', 'check_name, subject') }} as sentences
    from {{ ref('list_alerts') }}
    where is_stopping
    group by list_name

),

evidence as (

    select * from {{ ref('list_evidence') }}

),

catalogued as (

    select
        lists.*,
        evidence.*,
        runs.list_hash,
        counts.candidates,
        counts.control,
        counts.holdout,
        counts.main_step,
        counts.main_removed,
        counts.members,
        counts.expected_value,
        stops.sentences as stop_sentences
    from lists
    inner join counts
        on lists.list_name = counts.list_name
    left join runs
        on lists.list_name = runs.list_name
    left join stops
        on lists.list_name = stops.list_name
    cross join evidence

)

select
    list_name,
    purpose,
    lift_basis,
    list_hash,
    case
        when stop_sentences is not null then {{ text('red alert: {sentences}', sentences='stop_sentences') }}
        when members > 0 then null
        when candidates = 0 and lift_basis = 'responses'
            then case
                when planned_campaigns = 0
                    then {{ text('no candidates: no campaign is planned') }}
                else {{ text('no candidates: no past campaign predicts who responds, or what a response is worth') }}
            end
        when candidates = 0 and list_name = 'cross_sell' and recommended_customers = 0
            then {{ text('no candidates: the history is too short to test what would be bought') }}
        when candidates = 0 and list_name = 'cross_sell' and recommended_methods = 0
            then {{ text('no candidates: no method predicts better than popularity what is bought') }}
        when candidates = 0 and list_name = 'replenish' and replenished_window_days is null
            then {{ text('no candidates: the history is too short to test what is bought again') }}
        when candidates = 0 and list_name = 'replenish' and replenished_states = 0
            then {{ text('no candidates: what is due was bought no sooner than the rest') }}
        when candidates = 0 then {{ text('no candidates') }}
        else {{ text(
            'nobody is left of {candidates} candidates: {step} removed {removed}',
            candidates='candidates', step=label('step', 'main_step'), removed='main_removed'
        ) }}
            || case
                when main_step = 'minimum expected value' and lift_basis <> 'responses'
                    then {{ text(
                        '; {basis} added probability {probability}',
                        basis=label('lift_basis', 'lift_basis'),
                        probability=number_text('(p_contacted - p_not_contacted)')
                    ) }}
                else ''
            end
    end as stop_reason,
    candidates,
    members,
    cast(control as bigint) as control,
    cast(holdout as bigint) as holdout,
    cast(expected_value as decimal(18, 4)) as expected_value,
    stop_sentences is not null or members = 0 as is_stopped
from catalogued
