-- Candidates = members + held out + everyone removed, step by step, in customers and
-- to the last decimal of their expected value. A list that a red alert stops has no
-- members, whatever its steps leave.
with

waterfall as (

    select
        *,
        lag(after) over (partition by list_name order by step_number) as left_before,
        lag(after_value) over (partition by list_name order by step_number)
            as value_left_before
    from {{ ref('list_waterfall') }}

),

counted as (

    select
        lists.list_name,
        (
            select count(*) from {{ ref('list_candidates') }} as candidates
            where candidates.list_name = lists.list_name
        ) as candidates,
        (
            select count(*) from {{ ref('list_members') }} as members
            where members.list_name = lists.list_name
        ) as members,
        (
            select coalesce(sum(decisions.expected_value), 0)
            from {{ ref('list_decisions') }} as decisions
            where decisions.list_name = lists.list_name
        ) as candidates_value,
        (
            select coalesce(sum(members.expected_value), 0)
            from {{ ref('list_members') }} as members
            where members.list_name = lists.list_name
        ) as members_value,
        lists.list_name in (
            select alerts.list_name from {{ ref('list_alerts') }} as alerts
            where alerts.is_stopping
        ) as is_stopped
    from {{ ref('list_definitions') }} as lists

),

summed as (

    select
        list_name,
        sum(removed) as removed,
        min(after) as after,
        max(before) as before,
        sum(removed_value) as removed_value,
        max_by(after_value, step_number) as after_value,
        min_by(before_value, step_number) as before_value
    from waterfall
    group by list_name

)

select
    list_name,
    'a step does not begin where the one before ended' as fault
from waterfall
where before <> coalesce(left_before, before)
    or before - removed <> after
    or before_value <> coalesce(value_left_before, before_value)
    or before_value - removed_value <> after_value
    or after < 0

union all

select
    counted.list_name,
    'candidates are not members and removed ones' as fault
from counted
left join summed
    on counted.list_name = summed.list_name
where summed.list_name is null
    or counted.candidates <> summed.before
    or counted.candidates <> summed.after + summed.removed
    or counted.candidates_value <> summed.before_value
    or counted.candidates_value <> summed.after_value + summed.removed_value
    or counted.members <> case when counted.is_stopped then 0 else summed.after end
    or counted.members_value <> case when counted.is_stopped then 0 else summed.after_value end
