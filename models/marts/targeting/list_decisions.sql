-- Why each candidate is in or out, in words.
with

candidates as (

    select * from {{ ref('list_candidates') }}

),

taken as (

    select * from {{ ref('int_list_candidates_taken') }}

),

lists as (

    select * from {{ ref('int_lists_priced') }}

),

decided as (

    select
        taken.*,
        candidates.product_id,
        candidates.reason as candidate_reason,
        lists.channel as channels,
        lists.consent_purpose,
        lists.capacity,
        lists.budget,
        lists.cooldown_days,
        lists.minimum_expected_value,
        lists.lift_basis,
        taken.first_exclusion is null as is_in,
        case
            when taken.first_exclusion is null
                then case when taken.is_control then 'control' else 'treatment' end
        end as arm
    from taken
    inner join candidates
        on taken.list_name = candidates.list_name
        and taken.customer_id = candidates.customer_id
    inner join lists
        on taken.list_name = lists.list_name

)

select
    list_name,
    customer_id,
    product_id,
    channel,
    arm,
    stratum,
    first_exclusion,
    all_exclusions,
    case first_exclusion
        when 'reachability' then 'no usable address for ' || replace(channels, ' ', ' or ')
        when 'consent' then consent_basis || ' for ' || consent_purpose || ' by ' || channel
        when 'suppression' then 'on the suppression list'
        when 'erasure' then 'asked to be erased'
        when 'contact pressure' then sends_in_window
            || ' sent in the last {{ var("contact_window_days") }} days and '
            || planned_messages || ' planned ('
            || sends_in_channel || ' and ' || planned_in_channel || ' by ' || channel
            || '); at most {{ var("contact_cap") }} are allowed, '
            || channel_cap || ' by ' || channel
        when 'cool-down' then 'got this list''s message '
            || case
                when days_since_last < 0 then 'after the as-of date'
                else days_since_last || ' days ago'
            end
            || '; the next may follow after ' || cooldown_days
        when 'exclusivity' then 'already taken by ' || taken_by
        when 'minimum expected value' then coalesce(
            'expected value ' || cast(cast(expected_value as decimal(18, 2)) as string)
            || ' is below ' || cast(minimum_expected_value as decimal(18, 2))
            || case lift_basis
                when 'answers' then ' (value of an answer that is foretold)'
                else ' (' || lift_basis || ' lift)'
            end,
            'no order to value a next one by'
        )
        when 'capacity' then 'rank ' || rank || ' of ' || capacity || ' places'
        when 'budget' then 'rank ' || rank || ' is beyond the budget of '
            || cast(budget as decimal(18, 2))
        when 'global holdout' then 'held out of every list in {{ var("holdout_period") }}'
        else candidate_reason
    end as reason,
    consent_basis,
    lift_basis,
    rank,
    expected_value,
    control_share,
    bucket,
    is_in
from decided
