-- Thresholds, shares and names of the lists fit together.
with

named as (

    {% for list_name in var('lists') -%}
    select {{ string_literal(list_name) }} as list_name
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

definitions as (

    select * from {{ ref('list_definitions') }}

),

priors as (

    select * from {{ ref('list_priors') }}

),

faults as (

    select
        coalesce(named.list_name, definitions.list_name) as subject,
        'is not both in the var lists and in the seed list_definitions' as fault
    from named
    full outer join definitions
        on named.list_name = definitions.list_name
    where named.list_name is null
        or definitions.list_name is null

    union all

    select
        definitions.list_name,
        'has no prior' as fault
    from definitions
    left join priors
        on definitions.list_name = priors.list_name
    where priors.list_name is null

    union all

    select
        list_name,
        'has a capacity, a validity or a priority below one, or a negative cost' as fault
    from definitions
    where capacity < 1
        or valid_days < 1
        or priority < 1
        or contact_cost < 0
        or offer_cost < 0

    union all

    select
        list_name,
        'has a prior that is no probability' as fault
    from priors
    where baseline_probability < 0
        or baseline_probability + added_probability not between 0 and 1
        or smallest_effect <= 0

    union all

    select
        cast(step_number as string) as subject,
        'leaves a gap in the order of the steps' as fault
    from (
        select
            step_number,
            row_number() over (order by step_number) as place
        from {{ ref('list_steps') }}
    )
    where step_number <> place

    union all

    select
        campaign_id,
        'has planned shares that do not sum to one' as fault
    from {{ ref('campaign_plans') }}
    group by dataset, campaign_id
    having sum(planned_share) <> 1
        or min(planned_share) <= 0
    {%- for share in ['global_holdout_share', 'control_share', 'assumed_margin_share'] %}

    union all

    select
        'var {{ share }}',
        'is not from 0 to below 1' as fault
    where not ({{ var(share) }} >= 0 and {{ var(share) }} < 1)
    {%- endfor %}

)

select * from faults
