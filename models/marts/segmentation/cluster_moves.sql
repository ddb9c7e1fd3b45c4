-- Who is in another cluster than in the last run as of an earlier day. The keys
-- identify a cluster, whatever its number today.
with

clusters as (

    select * from {{ ref('customer_clusters') }}
    where is_chosen

),

history as (

    select * from {{ ref('cluster_history') }}
    where is_chosen

),

as_of_date as (

    select * from {{ ref('int_as_of_date') }}

),

previous as (

    select history.*
    from history
    cross join as_of_date
    where history.saved_date < cast(as_of_date.as_of_date as date)

),

previous_day as (

    select cast(max(saved_date) as date) as previous_date
    from previous
    having count(*) > 0

),

compared as (

    select
        coalesce(clusters.customer_id, previous.customer_id) as customer_id,
        previous.cluster_key as previous_cluster_key,
        previous.cluster_name as previous_cluster_name,
        clusters.cluster_key,
        clusters.cluster_name,
        case
            when previous.customer_id is null then 'joined'
            when clusters.customer_id is null then 'left'
            else 'moved'
        end as change,
        coalesce(clusters.is_unsure, false) as is_unsure,
        previous_day.previous_date
    from clusters
    full outer join previous
        on clusters.customer_id = previous.customer_id
    -- Without an earlier run there is no day, and nobody has moved.
    cross join previous_day
    where previous.cluster_key is distinct from clusters.cluster_key

)

select
    customer_id,
    previous_cluster_key,
    previous_cluster_name,
    cluster_key,
    cluster_name,
    change,
    is_unsure,
    previous_date
from compared
