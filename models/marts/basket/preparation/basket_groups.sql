{{ config(materialized='ephemeral') }}
with

basket_counts as (

    select
        basis,
        count(distinct basket_number) filter (where period = 'mining' and is_counted)
            as baskets,
        count(distinct basket_number) filter (where period = 'validation' and is_counted)
            as validation_baskets,
        count(distinct basket_number) filter (where period = 'test')
            as test_baskets,
        count(distinct basket_number) filter (where period = 'mining') as all_baskets
    from {{ ref('basket_orders') }}
    group by basis

),

levels as (
    {%- for level, requested in var('basket_levels').items() %}

    select
        '{{ level }}' as level,
        cast({{ 'null' if requested.min_support == 'auto' else requested.min_support }} as double)
            as set_support,
        cast({{ requested.min_confidence }} as double) as min_confidence,
        cast({{ requested.max_length }} as bigint) as max_length
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

bases as (
    {%- for basis in var('basket_bases') %}

    select '{{ basis }}' as basis
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

-- Products are always there; a level of categories where the dataset has it.
present_levels as (

    select distinct level from {{ ref('basket_products') }}

    union

    select 'product' as level

)

select
    bases.basis,
    levels.level,
    levels.set_support,
    levels.min_confidence,
    levels.max_length,
    coalesce(basket_counts.baskets, 0) as baskets,
    coalesce(basket_counts.validation_baskets, 0) as validation_baskets,
    coalesce(basket_counts.test_baskets, 0) as test_baskets,
    coalesce(basket_counts.all_baskets, 0) as all_baskets
from bases
cross join levels
inner join present_levels
    on levels.level = present_levels.level
left join basket_counts
    on bases.basis = basket_counts.basis
