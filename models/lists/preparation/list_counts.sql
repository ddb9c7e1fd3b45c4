{{ config(materialized='ephemeral') }}
with

waterfall as (

    select * from {{ ref('list_waterfall') }}

),

members as (

    select
        list_name,
        count(*) as members,
        sum(expected_value) as expected_value
    from {{ ref('list_members') }}
    group by list_name

),

removals as (

    select
        list_name,
        max(before) as candidates,
        sum(case when step = 'control arm' then removed else 0 end) as control,
        sum(case when step = 'global holdout' then removed else 0 end) as holdout,
        max_by(step, (removed, -step_number)) as main_step,
        max(removed) as main_removed
    from waterfall
    group by list_name

)

select
    removals.list_name,
    removals.candidates,
    removals.control,
    removals.holdout,
    removals.main_step,
    removals.main_removed,
    coalesce(members.members, 0) as members,
    case when members.members > 0 then members.expected_value else 0 end as expected_value
from removals
left join members
    on removals.list_name = members.list_name
