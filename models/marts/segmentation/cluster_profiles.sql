-- Means and deviations are built from sums of decimals, which do not depend on
-- the order of the rows.
with

clusters as (

    select * from {{ ref('clusters') }}

),

choices as (

    select * from {{ ref('cluster_evaluations') }}
    where is_method_choice

),

features as (

    select * from {{ ref('cluster_feature_values') }}
    where value is not null

),

overall as (

    select
        feature,
        avg(value) as mean,
        {{ standard_deviation('value') }} as deviation
    from features
    group by feature

),

profiled as (

    select
        clusters.method,
        clusters.cluster,
        features.feature,
        count(*) as customers,
        avg(features.value) as mean,
        cast(median(features.value) as double) as median
    from clusters
    inner join choices
        on clusters.method = choices.method
        and clusters.k = choices.k
    inner join features
        on clusters.customer_id = features.customer_id
    group by clusters.method, clusters.cluster, features.feature

)

select
    profiled.method,
    profiled.feature,
    cast(profiled.cluster as bigint) as cluster,
    profiled.customers,
    cast(profiled.mean as double) as mean,
    profiled.median,
    coalesce(
        (cast(profiled.mean as double) - overall.mean) / nullif(overall.deviation, 0),
        0
    ) as z
from profiled
inner join overall
    on profiled.feature = overall.feature
