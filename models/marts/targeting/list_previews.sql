-- How large a list would be under other contact caps and capacities, all else equal:
-- the other lists keep whom they have, and the list its budget. A row of the list as
-- it is stands among them.
{% set caps = range(1, var('contact_cap') + 3) | list -%}
{% set depths = [0.1, 0.25, 0.5, 0.75, 1.0] -%}
with

screened as (

    select * from {{ ref('list_candidates_screened') }}

),

taken as (

    select * from {{ ref('list_candidates_taken') }}

),

lists as (

    select * from {{ ref('lists_priced') }}

),

caps as (

    {% for cap in caps -%}
    select {{ cap }} as contact_cap
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

-- The cap of a channel stays; a cap in all below it cuts deeper, one above it does not help.
eligible as (

    select
        screened.*,
        caps.contact_cap,
        row_number() over (
            partition by screened.list_name, caps.contact_cap
            order by
                case when screened.ranking = 'score' then screened.score else 0 end desc,
                screened.expected_value desc,
                screened.score desc,
                screened.customer_id
        ) as rank
    from screened
    inner join taken
        on screened.list_name = taken.list_name
        and screened.customer_id = taken.customer_id
    cross join caps
    where screened.own_exclusion is null
        and not screened.is_cooling_down
        and taken.taken_by is null
        and screened.is_worth_it
        and screened.sends_in_window + taken.planned_messages < caps.contact_cap
        and screened.sends_in_channel + taken.planned_in_channel < screened.channel_cap

),

sizes as (

    select
        lists.list_name,
        lists.capacity,
        lists.budget,
        caps.contact_cap,
        count(eligible.customer_id) as eligible
    from lists
    cross join caps
    left join eligible
        on lists.list_name = eligible.list_name
        and caps.contact_cap = eligible.contact_cap
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

costed as (

    select
        list_name,
        contact_cap,
        rank,
        expected_value,
        planned_cost,
        is_in_holdout,
        is_control,
        sum(case when is_in_holdout or is_control then 0 else planned_cost end) over (
            partition by list_name, contact_cap
            order by rank
        ) as running_cost
    from eligible

),

counted as (

    select
        scenarios.list_name,
        scenarios.depth,
        scenarios.contact_cap,
        scenarios.capacity,
        scenarios.eligible,
        count(costed.rank) filter (
            where not costed.is_in_holdout and not costed.is_control
        ) as members,
        count(costed.rank) filter (
            where costed.is_in_holdout or costed.is_control
        ) as control_and_holdout,
        sum(costed.expected_value) filter (
            where not costed.is_in_holdout and not costed.is_control
        ) as expected_value,
        sum(costed.planned_cost) filter (
            where not costed.is_in_holdout and not costed.is_control
        ) as planned_cost,
        scenarios.is_as_defined
    from scenarios
    left join costed
        on scenarios.list_name = costed.list_name
        and scenarios.contact_cap = costed.contact_cap
        and scenarios.capacity >= costed.rank
        and coalesce(scenarios.budget, costed.running_cost) >= costed.running_cost
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
