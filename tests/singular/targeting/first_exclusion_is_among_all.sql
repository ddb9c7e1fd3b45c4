-- The first exclusion is one of all exclusions, none comes before it, and those who
-- are in have none.
with

decisions as (

    select
        *,
        '; ' || all_exclusions || '; ' as listed
    from {{ ref('list_decisions') }}

),

named as (

    select
        decisions.list_name,
        decisions.customer_id,
        min(steps.step_number) as first_number
    from decisions
    inner join {{ ref('list_steps') }} as steps
        on strpos(decisions.listed, '; ' || steps.step || '; ') > 0
    group by decisions.list_name, decisions.customer_id

)

select
    decisions.list_name,
    decisions.customer_id
from decisions
left join named
    on decisions.list_name = named.list_name
    and decisions.customer_id = named.customer_id
left join {{ ref('list_steps') }} as steps
    on decisions.first_exclusion = steps.step
where coalesce(steps.step_number, 0) <> coalesce(named.first_number, 0)
    or decisions.is_in <> (decisions.all_exclusions is null)
