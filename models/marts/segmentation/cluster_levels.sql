-- Levels next to all customers have absolute guards: nobody is recent after the days in
-- which a buyer is active, and a cluster most of whom have lapsed is lapsed, as
-- win_back reads it.
with

clusters as (

    select * from {{ ref('customer_clusters') }}

),

profiles as (

    select * from {{ ref('cluster_profiles') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

features as (

    select
        customer_id,
        max(value) filter (where feature = 'monetary') as revenue,
        max(value) filter (where feature = 'frequency') as orders,
        max(value) filter (where feature = 'recency_days') as recency_days
    from {{ ref('cluster_feature_values') }}
    group by customer_id

),

sizes as (

    select
        clusters.method,
        clusters.cluster,
        clusters.k,
        clusters.is_chosen,
        count(*) as customers,
        count(*) filter (where clusters.is_unsure) as unsure_customers,
        sum(features.revenue) as revenue,
        count(*) filter (where customers.is_lapsed) as lapsed_customers,
        count(*) filter (where features.orders = 1) as single_customers,
        cast(median(features.recency_days) as double) as median_recency_days
    from clusters
    inner join features
        on clusters.customer_id = features.customer_id
    left join customers
        on clusters.customer_id = customers.customer_id
    group by clusters.method, clusters.cluster, clusters.k, clusters.is_chosen

),

distances as (

    select
        method,
        cluster,
        max(z) filter (where feature = 'recency_days') as recency_z,
        max(z) filter (where feature = 'frequency') as frequency_z
    from profiles
    group by method, cluster

),

shared as (

    select
        sizes.*,
        {{ share_of('sizes.customers', 'sizes.method') }} as share_of_customers,
        {{ share_of('sizes.revenue', 'sizes.method') }} as share_of_revenue,
        {{ ratio('sizes.lapsed_customers', 'sizes.customers') }} as lapsed_share,
        {{ ratio('sizes.single_customers', 'sizes.customers') }} as single_share,
        distances.recency_z,
        distances.frequency_z
    from sizes
    inner join distances
        on sizes.method = distances.method
        and sizes.cluster = distances.cluster

)

select
    method,
    case
        when lapsed_share > 0.5 then 'lapsed'
        when recency_z <= -{{ var('cluster_level_z') }}
            and median_recency_days <= {{ var('active_days') }} then 'recent'
        when recency_z >= {{ var('cluster_level_z') }}
            and median_recency_days > {{ var('active_days') }} then 'absent'
        else 'typical'
    end as recency_level,
    case
        when single_share > 0.5 then 'once'
        when frequency_z <= -{{ var('cluster_level_z') }} then 'rare'
        when frequency_z >= {{ var('cluster_level_z') }} then 'frequent'
        else 'typical'
    end as frequency_level,
    case
        when share_of_revenue
            >= {{ var('cluster_high_revenue') }} * share_of_customers then 'high'
        else 'typical'
    end as revenue_level,
    k,
    cluster,
    customers,
    unsure_customers,
    share_of_customers,
    cast(revenue as decimal(18, 4)) as revenue,
    share_of_revenue,
    lapsed_share,
    single_share,
    median_recency_days,
    is_chosen
from shared
