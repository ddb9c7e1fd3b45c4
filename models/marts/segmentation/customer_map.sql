with

points as (

    select * from {{ ref('ml_customer_map') }}

),

clusters as (

    select * from {{ ref('customer_clusters') }}

),

chosen as (

    select * from clusters
    where is_chosen

),

plane_clusters as (

    select * from clusters
    where method = 'kmeans_pca'

)

select
    points.customer_id,
    points.projection,
    chosen.cluster_key,
    chosen.cluster_name,
    plane_clusters.cluster_key as plane_cluster_key,
    cast(points.x as double) as x,
    cast(points.y as double) as y,
    chosen.cluster,
    plane_clusters.cluster as plane_cluster
from points
inner join chosen
    on points.customer_id = chosen.customer_id
left join plane_clusters
    on points.customer_id = plane_clusters.customer_id
