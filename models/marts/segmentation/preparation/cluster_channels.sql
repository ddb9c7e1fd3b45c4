{{ config(materialized='ephemeral') }}
with

clusters as (

    select * from {{ ref('customer_clusters') }}

),

behaviour as (

    select * from {{ ref('customer_pivot') }}

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

)

select
    method,
    cluster,
    preferred_channel
from channel_counts
qualify row_number() over (
    partition by method, cluster
    order by customers desc, preferred_channel
) = 1
