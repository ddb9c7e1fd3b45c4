-- Candidates = members + held out + everyone removed, step by step.
with

waterfall as (

    select
        *,
        lag(after) over (partition by list_name order by step_number) as left_before
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
        ) as members
    from {{ ref('list_definitions') }} as lists

),

summed as (

    select
        list_name,
        sum(removed) as removed,
        min(after) as after,
        max(before) as before
    from waterfall
    group by list_name

)

select
    list_name,
    'a step does not begin where the one before ended' as fault
from waterfall
where before <> coalesce(left_before, before)
    or before - removed <> after
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
    or counted.members <> summed.after
    or counted.candidates <> counted.members + summed.removed
