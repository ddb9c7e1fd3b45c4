{{ config(materialized='ephemeral') }}
with

profiles as (

    select * from {{ ref('cluster_profiles') }}
    where is_used

),

channels as (

    select distinct
        channel,
        case channel_place
            when 1 then 'first_channel_share'
            when 2 then 'second_channel_share'
            when 3 then 'third_channel_share'
        end as feature
    from {{ ref('customer_channels') }}
    where channel_place <= 3

),

words as (

    select
        words.feature,
        replace(
            {{ worded('words.high') }}, '{channel}', coalesce(channels.channel, '')
        ) as high,
        replace(
            {{ worded('words.low') }}, '{channel}', coalesce(channels.channel, '')
        ) as low
    from {{ ref('feature_words') }} as words
    left join channels
        on words.feature = channels.feature

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
    -- Recent and absent are words of days too: next to others who are silent for years
    -- a year is not recent.
    where not coalesce(case
        when profiles.feature = 'recency_days'
            then (profiles.z < 0) = (profiles.median > {{ var('active_days') }})
    end, false)

)

select
    method,
    cluster,
    max(strength) as strength,
    max(word) filter (where place = 1) as trait_1,
    max(word) filter (where place = 2) as trait_2,
    max(word) filter (where place = 3) as trait_3,
    {{ joined_text('word', ', ', 'place') }} filter (where place <= 2) as short_name,
    {{ joined_text('word', ', ', 'place') }} filter (where place <= 3) as long_name
from ranked
group by method, cluster
