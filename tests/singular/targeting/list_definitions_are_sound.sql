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

channels as (

    select * from {{ ref('contact_channels') }}

),

faults as (

    -- A shop may name fewer lists than there are.
    select
        named.list_name as subject,
        'is in the var lists and not in the seed list_definitions' as fault
    from named
    left join definitions
        on named.list_name = definitions.list_name
    where definitions.list_name is null

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
        'has a gap in its definition' as fault
    from definitions
    where list_name is null
        or purpose is null
        or consent_purpose is null
        or source_mart is null
        or ranking is null
        or channel is null
        or offer is null
        or priority is null
        or capacity is null
        or cooldown_days is null
        or valid_days is null
        or contact_cost is null
        or offer_cost is null
        or minimum_expected_value is null
        or allows_other_lists is null

    union all

    select
        list_name,
        'has a capacity, a validity or a priority below one, or a negative cool-down, cost or budget'
            as fault
    from definitions
    where capacity < 1
        or valid_days < 1
        or priority < 1
        or cooldown_days < 0
        or contact_cost < 0
        or offer_cost < 0
        or budget < 0

    union all

    select
        cast(min(list_name) as string) as subject,
        'shares its name or its priority with another list' as fault
    from definitions
    group by priority
    having count(*) > 1

    union all

    select
        cast(min(list_name) as string) as subject,
        'shares its name or its priority with another list' as fault
    from definitions
    group by list_name
    having count(*) > 1

    union all

    select
        list_name,
        'has a name that cannot name a table and a file: a to z, digits, underscores' as fault
    from definitions
    where translate(list_name, 'abcdefghijklmnopqrstuvwxyz0123456789_', '') <> ''

    union all

    select
        definitions.list_name,
        'names a channel twice or one that is not in the seed contact_channels' as fault
    from definitions
    left join channels
        on strpos(' ' || definitions.channel || ' ', ' ' || channels.channel || ' ') > 0
    group by definitions.list_name, definitions.channel
    having length(definitions.channel) <> sum(length(channels.channel) + 1) - 1
        or count(channels.channel) = 0

    union all

    select
        channel,
        'has a cap below zero' as fault
    from channels
    where contact_cap < 0

    union all

    select
        'var ' || settings.name as subject,
        'is below zero' as fault
    from (
        values
            ('contact_cap', {{ var('contact_cap') }}),
            ('contact_window_days', {{ var('contact_window_days') }}),
            ('minimum_age', {{ var('minimum_age') }}),
            ('consent_valid_days', {{ var('consent_valid_days') or 0 }})
    ) as settings (name, setting)
    where settings.setting < 0

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
