-- A cluster is named by the two features in which it differs most from all
-- customers: "long tenure, low spend". A cluster of everyone is everyone.
with

profiles as (

    select * from {{ ref('cluster_profiles') }}

),

words as (

    select * from {{ ref('feature_words') }}

),

ranked as (

    select
        profiles.method,
        profiles.cluster,
        case when profiles.z >= 0 then words.high else words.low end as word,
        abs(profiles.z) as strength,
        row_number() over (
            partition by profiles.method, profiles.cluster
            order by abs(profiles.z) desc, profiles.feature
        ) as place
    from profiles
    inner join words
        on profiles.feature = words.feature

)

select
    method,
    cluster,
    case
        when max(strength) < 0.01 then 'everyone'
        else string_agg(word, ', ' order by place)
    end as cluster_name
from ranked
where place <= 2
group by method, cluster
