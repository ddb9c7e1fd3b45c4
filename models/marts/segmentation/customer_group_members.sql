-- Groups to compare: the chosen clusters, those of k-means next to them (also where
-- no clustering is accepted), and the RFM segments.
with

clusters as (

    select * from {{ ref('customer_clusters') }}
    where (is_chosen or method = 'kmeans')
        and k > 1

),

scores as (

    select * from {{ ref('rfm_scores') }}
    where basis = 'bought'

)

select
    customer_id,
    method as grouping,
    cluster_key as group_key,
    cluster_name as group_name,
    is_chosen as is_accepted
from clusters

union all

select
    customer_id,
    'rfm_segment' as grouping,
    segment as group_key,
    {{ label('segment', 'segment') }} as group_name,
    true as is_accepted
from scores
