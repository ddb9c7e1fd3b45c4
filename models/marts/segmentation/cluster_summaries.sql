-- What a cluster is and what to do with it: its level of recency and of
-- frequency picks a row of the seed cluster_strategies.
with

clusters as (

    select * from {{ ref('customer_clusters') }}

),

names as (

    select * from {{ ref('cluster_names') }}

),

profiles as (

    select * from {{ ref('cluster_profiles') }}

),

revenues as (

    select
        customer_id,
        value as revenue
    from {{ ref('cluster_feature_values') }}
    where feature = 'monetary'

),

behaviour as (

    select * from {{ ref('customer_pivot') }}

),

strategies as (

    select * from {{ ref('cluster_strategies') }}

),

definitions as (

    select * from {{ ref('list_definitions') }}

),

channel_counts as (

    select
        clusters.method,
        clusters.cluster,
        behaviour.preferred_channel,
        count(*) as customers
    from clusters
    inner join behaviour
        on clusters.customer_id = behaviour.customer_id
    where behaviour.preferred_channel is not null
    group by clusters.method, clusters.cluster, behaviour.preferred_channel

),

channels as (

    select *
    from channel_counts
    qualify row_number() over (
        partition by method, cluster
        order by customers desc, preferred_channel
    ) = 1

),

sizes as (

    select
        clusters.method,
        clusters.cluster,
        clusters.k,
        clusters.is_chosen,
        count(*) as customers,
        count(*) filter (where clusters.is_unsure) as unsure_customers,
        sum(revenues.revenue) as revenue
    from clusters
    inner join revenues
        on clusters.customer_id = revenues.customer_id
    group by clusters.method, clusters.cluster, clusters.k, clusters.is_chosen

),

levels as (

    select
        method,
        cluster,
        case
            when max(z) filter (where feature = 'recency_days')
                <= -{{ var('cluster_level_z') }} then 'recent'
            when max(z) filter (where feature = 'recency_days')
                >= {{ var('cluster_level_z') }} then 'absent'
            else 'usual'
        end as recency_level,
        case
            when max(z) filter (where feature = 'frequency')
                <= -{{ var('cluster_level_z') }} then 'rare'
            when max(z) filter (where feature = 'frequency')
                >= {{ var('cluster_level_z') }} then 'frequent'
            else 'usual'
        end as frequency_level
    from profiles
    group by method, cluster

)

select
    sizes.method,
    names.cluster_key,
    names.cluster_name,
    names.trait_1,
    names.trait_2,
    names.trait_3,
    levels.recency_level,
    levels.frequency_level,
    {{ worded('strategies.strategy') }} as strategy,
    {{ worded('strategies.action') }} as action,
    strategies.list_name,
    definitions.channel as list_channel,
    channels.preferred_channel as buying_channel,
    sizes.k,
    sizes.cluster,
    sizes.customers,
    sizes.unsure_customers,
    {{ share_of('sizes.customers', 'sizes.method') }} as share_of_customers,
    cast(sizes.revenue as decimal(18, 4)) as revenue,
    {{ share_of('sizes.revenue', 'sizes.method') }} as share_of_revenue,
    names.overlap,
    names.is_new,
    sizes.is_chosen
from sizes
inner join names
    on sizes.method = names.method
    and sizes.cluster = names.cluster
inner join levels
    on sizes.method = levels.method
    and sizes.cluster = levels.cluster
left join strategies
    on levels.recency_level = strategies.recency_level
    and levels.frequency_level = strategies.frequency_level
left join definitions
    on strategies.list_name = definitions.list_name
left join channels
    on sizes.method = channels.method
    and sizes.cluster = channels.cluster
