-- From the candidates to the members, step by step: what is left after a step is
-- what the next one begins with, in customers and in expected value.
with

decisions as (

    select
        list_name,
        coalesce(
            first_exclusion, case when arm = 'control' then 'control arm' end
        ) as step,
        count(*) as customers,
        coalesce(sum(expected_value), 0) as expected_value,
        bool_and(expected_value is null) as is_unvalued,
        bool_or(reachability = 'not recorded') as has_unrecorded
    from {{ ref('list_decisions') }}
    group by all

),

lists as (

    select * from {{ ref('lists_priced') }}

),

steps as (

    select * from {{ ref('list_steps') }}
    where {{ shares_one_budget() | lower }}
        or step <> 'total budget'

),

candidates as (

    select
        list_name,
        sum(customers) as customers,
        sum(expected_value) as expected_value,
        bool_and(is_unvalued) as is_unvalued,
        bool_or(has_unrecorded) as has_unrecorded
    from decisions
    group by list_name

),

removed as (

    select
        lists.list_name,
        steps.step,
        steps.step_number,
        steps.is_holdout,
        coalesce(candidates.is_unvalued, false) as is_unvalued,
        coalesce(candidates.has_unrecorded, false) as has_unrecorded,
        coalesce(candidates.customers, 0) as candidates,
        coalesce(decisions.customers, 0) as removed,
        coalesce(candidates.expected_value, 0) as candidates_value,
        coalesce(decisions.expected_value, 0) as removed_value
    from lists
    cross join steps
    left join candidates
        on lists.list_name = candidates.list_name
    left join decisions
        on lists.list_name = decisions.list_name
        and steps.step = decisions.step

),

summed as (

    select
        *,
        candidates - sum(removed) over (
            partition by list_name
            order by step_number
        ) as after,
        candidates_value - sum(removed_value) over (
            partition by list_name
            order by step_number
        ) as after_value
    from removed

)

select
    list_name,
    step,
    case
        when step = 'reachability' and has_unrecorded
            then {{ text('no address of anybody is recorded: reachability is unknown') }}
        when step = 'minimum expected value' and is_unvalued
            then {{ text('what an order brings is known of no candidate: the value is unknown') }}
    end as note,
    cast(step_number as bigint) as step_number,
    cast(after + removed as bigint) as before,
    removed,
    cast(after as bigint) as after,
    cast(after_value + removed_value as decimal(18, 4)) as before_value,
    cast(removed_value as decimal(18, 4)) as removed_value,
    cast(after_value as decimal(18, 4)) as after_value,
    is_holdout
from summed
