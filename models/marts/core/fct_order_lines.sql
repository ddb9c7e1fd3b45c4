-- Two bases side by side. Placed: a sale that was not cancelled, gross of
-- returns. Bought: delivered, less what came back. A returned quantity lessens
-- the line that it undoes, whenever it came back; the return's own line shows
-- the refund in its own month.
{{ config(
    materialized='incremental',
    pre_hook="{{ forget_touched('order_line_id') }}",
    post_hook='{{ note_built(as_of_date()) }}'
) }}
with

order_lines as (

    select * from {{ ref('int_order_lines_judged') }}
    where decision in ('kept', 'kept but not modelled')
        {{ only_touched('order_line_id') }}

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
    group by sale_line_id

),

matched_of_returns as (

    select
        return_line_id,
        sum(quantity) as matched_quantity
    from {{ ref('int_return_matches') }}
    group by return_line_id

),

-- Only returns ask after the first sale.
returned_pairs as (

    select distinct
        customer_id,
        product_id
    from {{ ref('int_order_lines_judged') }}
    where decision in ('kept', 'kept but not modelled')
        and quantity < 0
        and customer_id is not null
        {{ only_touched('order_line_id') }}

),

first_sales as (

    select
        sales.customer_id,
        sales.product_id,
        min(sales.ordered_at) as first_sold_at
    from {{ ref('int_order_lines_judged') }} as sales
    inner join returned_pairs
        on sales.customer_id = returned_pairs.customer_id
        and sales.product_id = returned_pairs.product_id
    where sales.decision in ('kept', 'kept but not modelled')
        and sales.quantity > 0
        and sales.status <> 'cancelled'
    group by sales.customer_id, sales.product_id

),

joined as (

    select
        order_lines.*,
        coalesce(order_lines.unit_cost, products.unit_cost) as known_unit_cost,
        coalesce(returned_of_sales.returned_quantity, 0) as returned_quantity,
        coalesce(returned_of_sales.returned_revenue, 0) as returned_revenue,
        coalesce(matched_of_returns.matched_quantity, 0) as matched_quantity,
        first_sales.first_sold_at,
        order_lines.decision = 'kept' as is_modelled,
        order_lines.quantity > 0 and order_lines.status <> 'cancelled' as is_sale,
        order_lines.quantity < 0 and order_lines.status <> 'cancelled' as is_return,
        order_lines.status in ('delivered', 'returned')
            and coalesce(order_lines.delivered_at, order_lines.ordered_at) < {{ as_of_date() }}
            as is_delivered
    from order_lines
    left join products
        on order_lines.product_id = products.product_id
    left join returned_of_sales
        on order_lines.order_line_id = returned_of_sales.sale_line_id
    left join matched_of_returns
        on order_lines.order_line_id = matched_of_returns.return_line_id
    left join first_sales
        on order_lines.customer_id = first_sales.customer_id
        and order_lines.product_id = first_sales.product_id

),

based as (

    select
        *,
        is_sale and is_modelled as is_placed,
        is_sale and is_modelled and is_delivered
            and returned_quantity < quantity as is_bought,
        case when is_sale then quantity - returned_quantity else 0 end
            as left_quantity,
        case
            when not is_return then null
            when matched_quantity = -quantity then 'matched'
            when matched_quantity > 0 then 'partly matched'
            when customer_id is null then 'no customer'
            when first_sold_at <= ordered_at then 'sales used up'
            else 'no earlier sale'
        end as return_match
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
    unit_price,
    discount,
    amount,
    cast(case when is_placed then quantity else 0 end as decimal(18, 3))
        as placed_units,
    cast(case when is_placed then amount else 0 end as decimal(18, 4))
        as placed_revenue,
    cast(case when is_placed then amount - cost end as decimal(18, 4))
        as placed_margin,
    cast(case when is_bought then left_quantity else 0 end as decimal(18, 3))
        as bought_units,
    cast(bought_revenue as decimal(18, 4)) as bought_revenue,
    cast(case when is_bought then bought_revenue - left_cost end as decimal(18, 4))
        as bought_margin,
    cast(case when is_return and is_modelled then -amount else 0 end
        as decimal(18, 4)) as refund,
    is_modelled,
    is_placed,
    is_bought,
    is_return,
    status = 'cancelled' as is_cancelled,
    ordered_at,
    delivered_at
from valued
