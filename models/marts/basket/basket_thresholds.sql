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

    select cast(support as double) as support
    from (values {% for support in var('basket_support_ladder') -%}
        ({{ support }}){{ ', ' if not loop.last }}
    {%- endfor %}) as steps (support)

),

steps as (

    select
        ladder.support,
        greatest(
            ladder.support, 5 / nullif(cast(max(totals.baskets) as double), 0)
        ) as min_support,
        count(item_counts.item) as items
    from ladder
    cross join totals
    left join item_counts
        on item_counts.baskets >= ladder.support * totals.baskets
    group by ladder.support

),

chosen as (

    select
        min_by(min_support, (items > {{ var('basket_max_items') }}, support))
            as min_support
    from steps

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
