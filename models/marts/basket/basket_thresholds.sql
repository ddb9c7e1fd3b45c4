-- A support that is set stands. Else it is the lowest step of the ladder at which
-- the items are few enough, and never fewer than five baskets: what happened four
-- times may be chance.
with

periods as (

    select * from {{ ref('basket_periods') }}

),

basket_counts as (

    select
        basis,
        count(distinct basket_number) filter (where period = 'mining') as baskets,
        count(distinct basket_number) filter (where period = 'validation')
            as validation_baskets,
        count(distinct basket_number) filter (where period = 'test')
            as test_baskets
    from {{ ref('basket_orders') }}
    group by basis

),

item_counts as (

    select * from {{ ref('basket_item_counts') }}

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

),

ladder as (

    select cast(steps.support as double) as support
    from (values {% for support in var('basket_support_ladder') -%}
        ({{ support }}){{ ', ' if not loop.last }}
    {%- endfor %}) as steps (support)

),

groups as (

    select
        bases.basis,
        levels.level,
        levels.set_support,
        levels.min_confidence,
        levels.max_length,
        coalesce(basket_counts.baskets, 0) as baskets,
        coalesce(basket_counts.validation_baskets, 0) as validation_baskets,
        coalesce(basket_counts.test_baskets, 0) as test_baskets
    from bases
    cross join levels
    inner join present_levels
        on levels.level = present_levels.level
    left join basket_counts
        on bases.basis = basket_counts.basis

),

steps as (

    select
        groups.basis,
        groups.level,
        groups.baskets,
        greatest(
            ladder.support,
            {{ var('basket_min_baskets') }} / nullif(cast(groups.baskets as double), 0)
        ) as min_support
    from groups
    cross join ladder

),

counted_steps as (

    select
        steps.basis,
        steps.level,
        steps.min_support,
        count(item_counts.item_number) as items
    from steps
    left join item_counts
        on steps.basis = item_counts.basis
        and steps.level = item_counts.level
        -- The tolerance keeps an item that is exactly at the threshold.
        and item_counts.baskets >= steps.min_support * steps.baskets - 1e-9
    group by steps.basis, steps.level, steps.min_support

),

fitting as (

    select
        basis,
        level,
        min(min_support) as min_support
    from counted_steps
    where items <= {{ var('basket_max_items') }}
    group by basis, level

),

-- Where even the highest step leaves too many items, the first that is too many
-- must not meet the support.
crowding as (

    select
        basis,
        level,
        baskets + 1 as baskets
    from item_counts
    qualify row_number() over (
        partition by basis, level order by baskets desc, item
    ) = {{ var('basket_max_items') }} + 1

),

chosen as (

    select
        groups.*,
        least(
            coalesce(
                groups.set_support,
                fitting.min_support,
                crowding.baskets / nullif(cast(groups.baskets as double), 0),
                1
            ),
            1
        ) as min_support
    from groups
    left join fitting
        on groups.basis = fitting.basis
        and groups.level = fitting.level
    left join crowding
        on groups.basis = crowding.basis
        and groups.level = crowding.level

)

select
    chosen.basis,
    chosen.level,
    periods.history,
    chosen.min_support,
    chosen.min_confidence,
    chosen.max_length,
    chosen.baskets,
    chosen.validation_baskets,
    chosen.test_baskets,
    chosen.set_support is not null as is_support_set
from chosen
cross join periods
