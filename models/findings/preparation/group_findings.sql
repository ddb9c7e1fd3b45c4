{{ config(materialized='ephemeral') }}
with

group_tests as (

    select * from {{ ref('customer_group_tests') }}
    where is_accepted
        and not is_by_construction
        and group_key <> 'all'
        -- A sentence tells of no few customers, and of all but a few neither.
        and least(customers, other_customers) >= {{ var('small_cell') }}
        {%- for size, level in {
            'customers': 'group_level', 'other_customers': 'other_level',
        }.items() %}
        and (
            member is null
            or round({{ level }} * {{ size }}) in (0, {{ size }})
            or round({{ level }} * {{ size }}) between {{ var('small_cell') }}
            and {{ size }} - {{ var('small_cell') }}
        )
        {%- endfor %}

)

select
    'customer_group_tests' as source,
    grouping || ' ' || group_key || ': ' || characteristic || coalesce(' ' || member, '')
        as subject,
    {{ group_pattern() }} as pattern,
    test,
    effect,
    customers + other_customers as n,
    effect_size,
    p_value,
    q_value
from group_tests
