-- How large a list would be under other contact caps and capacities, all else equal:
-- the other lists keep their members, and the list its budget. A row of the
-- list as it is stands among them.
{% set depths = [0.1, 0.25, 0.5, 0.75, 1.0] -%}
with

candidates as (

    select * from {{ ref('list_preview_candidates') }}

),

lists as (

    select * from {{ ref('lists_priced') }}

),

caps as (

    select * from {{ ref('list_preview_caps') }}

),

sizes as (

    select
        lists.list_name,
        lists.capacity,
        lists.budget,
        caps.contact_cap,
        count(candidates.customer_id) as eligible
    from lists
    cross join caps
    left join candidates
        on lists.list_name = candidates.list_name
        and caps.contact_cap = candidates.contact_cap
    group by lists.list_name, lists.capacity, lists.budget, caps.contact_cap

),

scenarios as (

    select
        list_name,
        contact_cap,
        eligible,
        budget,
        'as defined' as depth,
        capacity,
        contact_cap = {{ var('contact_cap') }} as is_as_defined
    from sizes
    {%- for depth in depths %}

    union all

    select
        list_name,
        contact_cap,
        eligible,
        budget,
        '{{ (100 * depth) | int }} %' as depth,
        cast(ceil({{ depth }} * eligible) as bigint) as capacity,
        false as is_as_defined
    from sizes
    {%- endfor %}

),

counted as (

    select
        scenarios.list_name,
        scenarios.depth,
        scenarios.contact_cap,
        scenarios.capacity,
        scenarios.eligible,
        count(candidates.rank) filter (where not candidates.is_left_alone) as members,
        count(candidates.rank) filter (where candidates.is_left_alone) as control_and_holdout,
        sum(candidates.expected_value) filter (where not candidates.is_left_alone)
            as expected_value,
        sum(candidates.planned_cost) filter (where not candidates.is_left_alone)
            as planned_cost,
        scenarios.is_as_defined
    from scenarios
    left join candidates
        on scenarios.list_name = candidates.list_name
        and scenarios.contact_cap = candidates.contact_cap
        and scenarios.capacity >= candidates.rank
        and coalesce(scenarios.budget, candidates.running_cost) >= candidates.running_cost
    group by
        scenarios.list_name,
        scenarios.depth,
        scenarios.contact_cap,
        scenarios.capacity,
        scenarios.eligible,
        scenarios.is_as_defined

)

select
    list_name,
    depth,
    cast(contact_cap as bigint) as contact_cap,
    capacity,
    eligible,
    members,
    control_and_holdout,
    cast(case when members > 0 then expected_value else 0 end as decimal(18, 4))
        as expected_value,
    cast(coalesce(planned_cost, 0) as decimal(18, 4)) as planned_cost,
    is_as_defined
from counted
