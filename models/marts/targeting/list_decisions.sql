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
        taken.list_name,
        taken.customer_id,
        candidates.product_id,
        candidates.reason as candidate_reason,
        taken.consent_basis,
        taken.taken_by,
        lists.channel,
        lists.consent_purpose,
        lists.capacity,
        lists.minimum_expected_value,
        lists.lift_basis,
        taken.first_exclusion is null as is_in,
        case
            when taken.first_exclusion is null
                then case when taken.is_control then 'control' else 'treatment' end
        end as arm,
        taken.first_exclusion,
        taken.rank,
        taken.bucket,
        taken.sends_in_window,
        taken.expected_value
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
    arm,
    first_exclusion,
    case first_exclusion
        when 'reachability' then 'no usable address for ' || channel
        when 'consent' then consent_basis || ' for ' || consent_purpose || ' by ' || channel
        when 'suppression' then 'on the suppression list'
        when 'erasure' then 'asked to be erased'
        when 'contact pressure' then sends_in_window
            || ' messages in the last {{ var("contact_window_days") }} days and '
            || case when taken_by is null then 'none' else 'one' end
            || ' planned; at most {{ var("contact_cap") }} are allowed'
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
        when 'global holdout' then 'held out of every list in {{ var("holdout_period") }}'
        else candidate_reason
    end as reason,
    consent_basis,
    lift_basis,
    rank,
    expected_value,
    bucket,
    is_in
from decided
