-- Means and deviations are built from sums of decimals, which do not depend on
-- the order of the rows.
with

clusters as (

    select * from {{ ref('ml_customer_clusters') }}

),

features as (

    select * from {{ ref('cluster_feature_values') }}
    where value is not null

),

-- Each method chose of which features its clusters are made.
choices as (

    select
        evaluations.method,
        feature_choices.feature,
        feature_choices.is_used
    from {{ ref('cluster_evaluations') }} as evaluations
    inner join {{ ref('ml_cluster_feature_choices') }} as feature_choices
        on evaluations.feature_set = feature_choices.feature_set
    where evaluations.is_method_choice

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
    ) as z,
    coalesce(choices.is_used, false) as is_used
from profiled
inner join overall
    on profiled.feature = overall.feature
left join choices
    on profiled.method = choices.method
    and profiled.feature = choices.feature
