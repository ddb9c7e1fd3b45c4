-- Two bases side by side. Placed: a sale that was not cancelled, gross of
-- returns. Bought: delivered, less what came back. A returned quantity reduces
-- the line that it undoes, whenever it came back; the return's own line shows
-- the refund in its own month.
{{ config(
    materialized='incremental',
    incremental_strategy='affected',
    unique_key='order_line_id'
) }}
with

order_lines as (

    select * from {{ ref('int_order_lines_validated') }}
    where decision in ('accepted', 'accepted_not_modelled')
        {{ only_affected('order_line_id') }}

),

products as (

    select * from {{ ref('int_products_conformed') }}

),

returned_of_sales as (

    select
        sale_line_id,
        sum(quantity) as returned_quantity,
        sum(revenue) as returned_revenue
    from {{ ref('int_return_matches') }}
    where not is_written_twice
    group by sale_line_id

),

returns as (

    select * from {{ ref('int_returns_explained') }}

),

joined as (

    select
        order_lines.*,
        coalesce(order_lines.unit_cost, products.unit_cost) as known_unit_cost,
        coalesce(returned_of_sales.returned_quantity, 0) as returned_quantity,
        coalesce(returned_of_sales.returned_revenue, 0) as returned_revenue,
        returns.return_match,
        coalesce(returns.unmatched_quantity, 0) as unmatched_quantity,
        coalesce(returns.unmatched_amount, 0) as unmatched_amount,
        order_lines.decision = 'accepted' as is_modelled,
        order_lines.quantity > 0
            and order_lines.status <> 'cancelled'
            and not order_lines.is_money_off as is_sale,
        order_lines.quantity < 0
            and order_lines.status <> 'cancelled'
            and not order_lines.is_money_off as is_return,
        order_lines.status in ('delivered', 'returned')
            and coalesce(order_lines.delivered_at, order_lines.ordered_at) < {{ as_of_date() }}
            as is_delivered
    from order_lines
    left join products
        on order_lines.product_id = products.product_id
    left join returned_of_sales
        on order_lines.order_line_id = returned_of_sales.sale_line_id
    left join returns
        on order_lines.order_line_id = returns.order_line_id

),

based as (

    select
        *,
        is_sale and is_modelled as is_placed,
        -- A sale that keeps units or money is bought: of a partial refund the unit came back.
        is_sale and is_modelled and is_delivered
            and (returned_quantity < quantity or returned_revenue < amount) as is_bought,
        case when is_sale then quantity - returned_quantity else 0 end
            as left_quantity
    from joined

),

valued as (

    select
        *,
        case when is_bought then amount - returned_revenue else 0 end
            as bought_revenue,
        -- A cost that is beyond all prices is none.
        {{ amount_of('quantity', 'known_unit_cost') }} as cost,
        {{ amount_of('left_quantity', 'known_unit_cost') }} as left_cost
    from based

)

select
    order_line_id,
    order_id,
    customer_id,
    product_id,
    channel,
    delivery_method,
    payment_method,
    country,
    region,
    city,
    status,
    return_match,
    quantity,
    cast(returned_quantity as decimal(18, 3)) as returned_quantity,
    cast(unmatched_quantity as decimal(18, 3)) as unmatched_quantity,
    unit_price,
    known_unit_cost as unit_cost,
    discount,
    amount,
    cast(unmatched_amount as decimal(18, 4)) as unmatched_amount,
    cast(case when is_placed then quantity else 0 end as decimal(18, 3))
        as placed_units,
    cast(case when is_placed then amount else 0 end as decimal(18, 4))
        as placed_revenue,
    cast(case when is_placed then amount - cost end as decimal(18, 4))
        as placed_margin,
    cast(
        case
            when is_placed
                then coalesce(amount - cost, amount * {{ var('assumed_margin_share') }})
        end as decimal(18, 4)
    ) as placed_margin_estimate,
    cast(case when is_bought then left_quantity else 0 end as decimal(18, 3))
        as bought_units,
    cast(bought_revenue as decimal(18, 4)) as bought_revenue,
    cast(case when is_bought then bought_revenue - left_cost end as decimal(18, 4))
        as bought_margin,
    cast(
        case
            when is_bought then coalesce(
                bought_revenue - left_cost, bought_revenue * {{ var('assumed_margin_share') }}
            )
        end as decimal(18, 4)
    ) as bought_margin_estimate,
    cast(case when (is_return or is_money_off) and is_modelled then -amount else 0 end
        as decimal(18, 4)) as refund,
    is_modelled,
    is_placed,
    is_bought,
    is_return,
    is_money_off,
    status = 'cancelled' as is_cancelled,
    ordered_at,
    delivered_at
from valued
