-- A cluster that an earlier run knew keeps its name. A new one is named by the
-- two features, of those that made the clusters, in which it differs most from
-- all customers ("long known, low spend"), by three where two name another
-- cluster too. A cluster of everyone is everyone.
with

keys as (

    select * from {{ ref('ml_cluster_names') }}

),

history as (

    select * from {{ ref('cluster_history') }}
    qualify saved_date = max(saved_date) over ()

),

traits as (

    select * from {{ ref('cluster_traits') }}

),

saved_names as (

    select
        cluster_key,
        min(cluster_name) as cluster_name
    from history
    group by cluster_key

),

known as (

    select
        keys.method,
        keys.cluster_key,
        case when traits.strength >= 0.01 then traits.trait_1 end as trait_1,
        case when traits.strength >= 0.01 then traits.trait_2 end as trait_2,
        case when traits.strength >= 0.01 then traits.trait_3 end as trait_3,
        saved_names.cluster_name as saved_name,
        case
            when coalesce(traits.strength, 0) < 0.01 then {{ text('everyone') }}
            else traits.short_name
        end as short_name,
        case
            when coalesce(traits.strength, 0) < 0.01 then {{ text('everyone') }}
            else traits.long_name
        end as long_name,
        keys.cluster,
        keys.overlap,
        keys.is_new
    from keys
    left join traits
        on keys.method = traits.method
        and keys.cluster = traits.cluster
    left join saved_names
        on keys.cluster_key = saved_names.cluster_key

),

lengthened as (

    select
        *,
        case
            when saved_name is not null then saved_name
            when count(*) over (
                partition by method, coalesce(saved_name, short_name)
            ) = 1 then short_name
            else long_name
        end as candidate
    from known

),

numbered as (

    select
        *,
        row_number() over (
            partition by method, candidate
            order by saved_name is null, cluster
        ) as twin
    from lengthened

)

select
    method,
    cluster_key,
    case
        when twin = 1 then candidate
        else candidate || ' (' || cluster || ')'
    end as cluster_name,
    trait_1,
    trait_2,
    trait_3,
    cast(cluster as bigint) as cluster,
    {{ null_if_nan('overlap') }} as overlap,
    is_new
from numbered
