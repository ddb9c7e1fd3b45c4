-- A support that is set stands. Else it is the lowest step of the ladder at which
-- the items are few enough, and never fewer than five baskets: what happened four
-- times may be chance.
with

periods as (

    select * from {{ ref('basket_periods') }}

),

item_counts as (

    select * from {{ ref('basket_item_counts') }}

),

groups as (

    select * from {{ ref('basket_groups') }}

),

ladder as (

    select cast(steps.support as double) as support
    from (values {% for support in var('basket_support_ladder') -%}
        ({{ support }}){{ ', ' if not loop.last }}
    {%- endfor %}) as steps (support)

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

)

select
    groups.basis,
    groups.level,
    periods.history,
    least(
        coalesce(
            groups.set_support,
            fitting.min_support,
            crowding.baskets / nullif(cast(groups.baskets as double), 0),
            1
        ),
        1
    ) as min_support,
    groups.min_confidence,
    groups.max_length,
    groups.baskets,
    groups.validation_baskets,
    groups.test_baskets,
    groups.all_baskets,
    groups.set_support is not null as is_support_set
from groups
cross join periods
left join fitting
    on groups.basis = fitting.basis
    and groups.level = fitting.level
left join crowding
    on groups.basis = crowding.basis
    and groups.level = crowding.level
