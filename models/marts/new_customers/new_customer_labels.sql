-- The outcome of a new customer at the horizon, where it has passed. The segment is
-- that of the last month end within the horizon. The cluster is known as of today only.
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

interests as (

    select * from {{ ref('new_customer_interests') }}

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
