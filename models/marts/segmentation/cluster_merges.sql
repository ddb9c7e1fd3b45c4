with

ml_cluster_merges as (

    select * from {{ ref('ml_cluster_merges') }}

)

select
    left_node,
    right_node,
    cast(merge_number as bigint) as merge_number,
    cast(customers as bigint) as customers,
    cast(height as double) as height
from ml_cluster_merges
