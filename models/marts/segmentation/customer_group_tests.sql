-- A difference that a grouping has by construction is marked, and is no finding.
with

comparisons as (

    select * from {{ ref('ml_customer_group_tests') }}

),

names as (

    select distinct
        grouping,
        group_key,
        group_name
    from {{ ref('customer_group_members') }}

),

families as (

    select * from {{ ref('customer_group_characteristics') }}

)

select
    comparisons.grouping,
    comparisons.characteristic,
    coalesce(nullif(comparisons.group_key, ''), 'all') as group_key,
    coalesce(names.group_name, {{ text('all groups next to each other') }}) as group_name,
    nullif(comparisons.member, '') as member,
    comparisons.test,
    comparisons.effect,
    cast(comparisons.customers as bigint) as customers,
    cast(comparisons.other_customers as bigint) as other_customers,
    {%- for measure in [
        'statistic', 'p_value', 'q_value', 'effect_size', 'group_level', 'other_level',
    ] %}
    {{ null_if_nan('comparisons.' ~ measure) }} as {{ measure }},
    {%- endfor %}
    families.is_by_construction,
    families.is_accepted
from comparisons
inner join families
    on comparisons.grouping = families.grouping
    and comparisons.characteristic = families.characteristic
left join names
    on comparisons.grouping = names.grouping
    and comparisons.group_key = names.group_key
