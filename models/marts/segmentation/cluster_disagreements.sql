-- Customers whose cluster is not the typical one of their RFM segment:
-- behaviour that RFM does not see, or a customer on the border.
with

clusters as (

    select * from {{ ref('customer_clusters') }}
    where is_chosen

),

segments as (

    select * from {{ ref('rfm_scores') }}
    where basis = 'bought'

),

typical as (

    select * from {{ ref('cluster_contingency') }}
    where compared_with = 'rfm_segment'
        and is_typical

)

select
    clusters.customer_id,
    segments.segment,
    clusters.cluster_key,
    clusters.cluster_name,
    typical.cluster_key as typical_cluster_key,
    clusters.is_unsure
from clusters
inner join segments
    on clusters.customer_id = segments.customer_id
inner join typical
    on segments.segment = typical.member
where clusters.cluster_key <> typical.cluster_key
