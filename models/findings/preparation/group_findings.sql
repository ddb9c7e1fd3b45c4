{{ config(materialized='ephemeral') }}
with

group_tests as (

    select * from {{ ref('customer_group_tests') }}
    where is_accepted
        and not is_by_construction
        and group_key <> 'all'

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
