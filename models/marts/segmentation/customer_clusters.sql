-- For each method the clustering that it would choose, with names made from the
-- two features that set a cluster apart most.
with

clusters as (

    select * from {{ ref('clusters') }}

),

choices as (

    select * from {{ ref('cluster_evaluations') }}
    where is_method_choice

),

names as (

    select * from {{ ref('cluster_names') }}

)

select
    clusters.customer_id,
    clusters.method,
    clusters.method || '_' || clusters.k || '_' || clusters.cluster as cluster_key,
    names.cluster_name,
    cast(clusters.k as bigint) as k,
    cast(clusters.cluster as bigint) as cluster,
    cast(clusters.distance as double) as distance,
    choices.is_chosen
from clusters
inner join choices
    on clusters.method = choices.method
    and clusters.k = choices.k
inner join names
    on clusters.method = names.method
    and clusters.cluster = names.cluster
