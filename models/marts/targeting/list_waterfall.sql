-- From the candidates to the members, step by step: what is left after a step is
-- what the next one begins with.
with

decisions as (

    select
        list_name,
        coalesce(
            first_exclusion, case when arm = 'control' then 'control arm' end
        ) as step,
        count(*) as customers
    from {{ ref('list_decisions') }}
    group by all

),

lists as (

    select * from {{ ref('int_lists_priced') }}

),

steps as (

    select * from {{ ref('list_steps') }}

),

candidates as (

    select
        list_name,
        sum(customers) as customers
    from decisions
    group by list_name

),

removed as (

    select
        lists.list_name,
        steps.step,
        steps.step_number,
        steps.is_holdout,
        coalesce(candidates.customers, 0) as candidates,
        coalesce(decisions.customers, 0) as removed
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
        ) as after
    from removed

)

select
    list_name,
    step,
    cast(step_number as bigint) as step_number,
    cast(after + removed as bigint) as before,
    removed,
    cast(after as bigint) as after,
    is_holdout
from summed
