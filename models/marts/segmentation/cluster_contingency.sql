-- The chosen clusters next to the RFM segments, and next to what the other methods
-- found, k-means in the plane of two principal components among them.
with

clusters as (

    select * from {{ ref('customer_clusters') }}

),

segments as (

    select * from {{ ref('rfm_scores') }}
    where basis = 'bought'

),

chosen as (

    select * from clusters
    where is_chosen

),

partitions as (

    select
        customer_id,
        'rfm_segment' as compared_with,
        segment as member
    from segments

    union all

    select
        customer_id,
        method as compared_with,
        cluster_key as member
    from clusters
    where not is_chosen
        and method <> 'none'

),

counted as (

    select
        partitions.compared_with,
        partitions.member,
        chosen.cluster_key,
        chosen.cluster,
        count(*) as customers
    from chosen
    inner join partitions
        on chosen.customer_id = partitions.customer_id
    group by
        partitions.compared_with,
        partitions.member,
        chosen.cluster_key,
        chosen.cluster

)

select
    compared_with,
    member,
    cluster_key,
    cluster,
    customers,
    {{ share_of('customers', 'compared_with, member') }} as share_of_member,
    {{ share_of('customers', 'compared_with, cluster_key') }} as share_of_cluster,
    row_number() over (
        partition by compared_with, member
        order by customers desc, cluster
    ) = 1 as is_typical
from counted
