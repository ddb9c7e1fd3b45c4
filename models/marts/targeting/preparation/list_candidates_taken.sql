{# Priority leaves each candidate the best offer and first channel; a shared budget chooses them. #}
{% set chosen_by = 'ranked' if shares_one_budget() else 'candidates' -%}
with

candidates as (

    select * from {{ ref('list_candidates_screened') }}

),

ranked as (

    select * from
        {{ ref('candidates_allocated') if shares_one_budget() else ref('list_candidates_ranked') }}

)

select
    candidates.list_name,
    candidates.customer_id,
    {{ chosen_by }}.channel,
    candidates.stratum,
    {{ chosen_by }}.reachability,
    {{ chosen_by }}.consent_basis,
    {{ chosen_by }}.variant,
    ranked.taken_by,
    ranked.first_exclusion,
    nullif(concat_ws(
        '; ',
        case when not candidates.is_reachable then 'reachability' end,
        case when not candidates.has_consent then 'consent' end,
        case when candidates.is_suppressed then 'suppression' end,
        case when candidates.is_erased then 'erasure' end,
        case
            when candidates.is_pressed or ranked.first_exclusion = 'contact pressure'
                then 'contact pressure'
        end,
        case when candidates.is_cooling_down then 'cool-down' end,
        case when ranked.first_exclusion = 'exclusivity' then 'exclusivity' end,
        case
            when
                not candidates.is_worth_it
                or ranked.first_exclusion = 'minimum expected value'
                then 'minimum expected value'
        end,
        case
            when candidates.is_address_held_out or ranked.first_exclusion = 'same address'
                then 'same address'
        end,
        case
            when ranked.first_exclusion in ('capacity', 'budget', 'total budget')
                then ranked.first_exclusion
        end,
        case when candidates.is_in_holdout then 'global holdout' end
    ), '') as all_exclusions,
    ranked.rank,
    {{ chosen_by }}.channel_cap,
    {{ chosen_by }}.expected_value,
    {{ chosen_by }}.sends_in_window,
    {{ chosen_by }}.sends_in_channel,
    ranked.planned_messages,
    ranked.planned_in_channel,
    candidates.days_since_last,
    ranked.running_cost,
    candidates.control_share,
    candidates.bucket,
    candidates.is_address_held_out,
    candidates.is_in_holdout,
    candidates.is_control
from candidates
inner join ranked
    on candidates.list_name = ranked.list_name
    and candidates.customer_id = ranked.customer_id
