with

clusters as (

    select * from {{ ref('ml_customer_clusters') }}

),

names as (

    select * from {{ ref('cluster_names') }}

),

inputs as (

    select * from {{ ref('ml_cluster_inputs') }}

)

select
    clusters.customer_id,
    clusters.method,
    names.cluster_key,
    names.cluster_name,
    inputs.role as fit_role,
    cast(clusters.k as bigint) as k,
    cast(clusters.cluster as bigint) as cluster,
    cast(clusters.distance as double) as distance,
    {{ null_if_nan('clusters.probability') }} as probability,
    cast(clusters.margin as double) as margin,
    clusters.is_unsure,
    clusters.is_chosen
from clusters
inner join names
    on clusters.method = names.method
    and clusters.cluster = names.cluster
inner join inputs
    on clusters.customer_id = inputs.customer_id
