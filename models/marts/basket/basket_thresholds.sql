-- The lowest support of the ladder at which the items are few enough for the
-- pairs to be counted, and never fewer than five baskets: what happened four
-- times may be chance.
with

orders as (

    select * from {{ ref('fct_orders') }}
    where is_bought

),

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_bought

),

periods as (

    select
        cast(floor({{
            percentile(epoch_seconds('ordered_at'), var('basket_mining_share'))
        }}) as bigint) as mined_until_seconds
    from orders

),

periodised_orders as (

    select
        orders.order_id,
        {{ epoch_seconds('orders.ordered_at') }} <= periods.mined_until_seconds
            as is_mined
    from orders
    cross join periods

),

totals as (

    select
        count(*) filter (where is_mined) as baskets,
        count(*) filter (where not is_mined) as later_baskets
    from periodised_orders

),

item_counts as (

    select
        order_lines.product_id as item,
        count(distinct order_lines.order_id) as baskets
    from order_lines
    inner join periodised_orders
        on order_lines.order_id = periodised_orders.order_id
        and periodised_orders.is_mined
    group by order_lines.product_id

),

ladder as (

    select cast(steps.support as double) as support
    from (values {% for support in var('basket_support_ladder') -%}
        ({{ support }}){{ ', ' if not loop.last }}
    {%- endfor %}) as steps (support)

),

-- Pairs of so many items can be counted, and the table of orders by items fits
-- in memory (a byte a cell; python_ml.baskets refuses a larger one).
limits as (

    select
        baskets,
        least({{ var('basket_max_items') }}, 2000000000 / nullif(baskets, 0)) as max_items
    from totals

),

steps as (

    select
        greatest(ladder.support, 5 / nullif(cast(limits.baskets as double), 0))
            as min_support,
        limits.baskets,
        limits.max_items
    from ladder
    cross join limits

),

counted_steps as (

    select
        steps.min_support,
        steps.max_items,
        count(item_counts.item) as items
    from steps
    left join item_counts
        on item_counts.baskets >= steps.min_support * steps.baskets - 1e-9
    group by steps.min_support, steps.max_items

),

-- Where even the highest step leaves too many items, the first that is too many
-- must not meet the support.
ranked_items as (

    select
        baskets,
        row_number() over (order by baskets desc, item) as place
    from item_counts

),

crowding as (

    select min((ranked_items.baskets + 1) / cast(limits.baskets as double)) as min_support
    from ranked_items
    inner join limits
        on ranked_items.place > limits.max_items
        and ranked_items.place <= limits.max_items + 1

),

chosen as (

    select
        coalesce(
            min(counted_steps.min_support)
                filter (where counted_steps.items <= counted_steps.max_items),
            min(crowding.min_support)
        ) as min_support
    from counted_steps
    cross join crowding

)

select
    'order' as basis,
    'product' as level,
    least(coalesce(chosen.min_support, 1), 1) as min_support,
    totals.baskets,
    totals.later_baskets,
    periods.mined_until_seconds
from chosen
cross join totals
cross join periods
