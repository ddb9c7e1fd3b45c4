-- What became of a new customer at the horizon, where it has passed. The segment is
-- that of the last month end within the horizon. The category of interest needs a
-- later order. The cluster is known as of today only.
with

features as (

    select
        customer_id,
        orders_used,
        order_at,
        horizon_at
    from {{ ref('new_customer_features') }}
    where is_complete

),

month_ends as (

    select * from {{ ref('rfm_month_ends') }}
    where basis = 'placed'

),

clusters as (

    select * from {{ ref('customer_clusters') }}
    where is_chosen

),

orders as (

    select * from {{ ref('fct_orders') }}
    where is_placed
        and customer_id is not null

),

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_placed

),

products as (

    select * from {{ ref('dim_products') }}
    where category_1 is not null

),

-- Orders of one moment are told apart by their number, like those used.
numbered as (

    select
        customer_id,
        order_id,
        ordered_at,
        row_number() over (
            partition by customer_id order by ordered_at, order_id
        ) as order_number
    from orders

),

segments as (

    select
        features.customer_id,
        features.orders_used,
        max_by(month_ends.segment, month_ends.month_end_date) as label
    from features
    inner join month_ends
        on features.customer_id = month_ends.customer_id
        and features.order_at < month_ends.month_end_date
        and features.horizon_at >= month_ends.month_end_date
    group by features.customer_id, features.orders_used

),

later_spend as (

    select
        features.customer_id,
        features.orders_used,
        products.category_1,
        sum(order_lines.placed_revenue) as revenue
    from features
    inner join numbered
        on features.customer_id = numbered.customer_id
        and features.orders_used < numbered.order_number
        and features.horizon_at > numbered.ordered_at
    inner join order_lines
        on numbered.order_id = order_lines.order_id
    inner join products
        on order_lines.product_id = products.product_id
    group by features.customer_id, features.orders_used, products.category_1

),

interests as (

    select
        customer_id,
        orders_used,
        max_by(category_1, (revenue, category_1)) as label
    from later_spend
    group by customer_id, orders_used

),

reached_clusters as (

    select
        features.customer_id,
        features.orders_used,
        clusters.cluster_key as label
    from features
    inner join clusters
        on features.customer_id = clusters.customer_id

),

labels as (

    select
        'segment' as target,
        *
    from segments

    union all

    select
        'cluster' as target,
        *
    from reached_clusters

    union all

    select
        'interest' as target,
        *
    from interests

)

select
    customer_id,
    orders_used,
    target,
    label
from labels
