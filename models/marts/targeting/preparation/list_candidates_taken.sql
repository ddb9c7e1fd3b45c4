with

candidates as (

    select * from {{ ref('list_candidates_screened') }}

),

ranked as (

    select * from {{ ref('list_candidates_ranked') }}

)

select
    candidates.list_name,
    candidates.customer_id,
    candidates.channel,
    candidates.stratum,
    candidates.reachability,
    candidates.consent_basis,
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
        case when not candidates.is_worth_it then 'minimum expected value' end,
        case
            when candidates.is_address_held_out or ranked.first_exclusion = 'same address'
                then 'same address'
        end,
        case
            when ranked.first_exclusion in ('capacity', 'budget') then ranked.first_exclusion
        end,
        case when candidates.is_in_holdout then 'global holdout' end
    ), '') as all_exclusions,
    ranked.rank,
    candidates.channel_cap,
    candidates.expected_value,
    candidates.sends_in_window,
    candidates.sends_in_channel,
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
