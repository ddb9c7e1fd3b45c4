-- What a cluster is and what to do with it: the first row of the seed
-- cluster_strategies that its levels fit.
with

names as (

    select * from {{ ref('cluster_names') }}

),

levels as (

    select * from {{ ref('cluster_levels') }}

),

strategies as (

    select * from {{ ref('cluster_strategies') }}

),

definitions as (

    select * from {{ ref('list_definitions') }}

),

channels as (

    select * from {{ ref('cluster_channels') }}

),

fitting as (

    select
        levels.method,
        levels.cluster,
        strategies.*
    from levels
    inner join strategies
        on levels.recency_level
        = coalesce(strategies.recency_level, levels.recency_level)
        and levels.frequency_level
        = coalesce(strategies.frequency_level, levels.frequency_level)
        and levels.revenue_level
        = coalesce(strategies.revenue_level, levels.revenue_level)
    qualify row_number() over (
        partition by levels.method, levels.cluster
        order by strategies.rule_number
    ) = 1

)

select
    levels.method,
    names.cluster_key,
    names.cluster_name,
    names.trait_1,
    names.trait_2,
    names.trait_3,
    levels.recency_level,
    levels.frequency_level,
    levels.revenue_level,
    {{ worded('fitting.strategy') }} as strategy,
    {{ worded('fitting.action') }} as action,
    fitting.list_name,
    definitions.channel as list_channel,
    channels.preferred_channel as buying_channel,
    levels.k,
    levels.cluster,
    levels.customers,
    levels.unsure_customers,
    levels.share_of_customers,
    levels.revenue,
    levels.lapsed_share,
    levels.single_share,
    levels.median_recency_days,
    levels.share_of_revenue,
    names.overlap,
    names.is_new,
    levels.is_chosen
from levels
inner join names
    on levels.method = names.method
    and levels.cluster = names.cluster
left join fitting
    on levels.method = fitting.method
    and levels.cluster = fitting.cluster
left join definitions
    on fitting.list_name = definitions.list_name
left join channels
    on levels.method = channels.method
    and levels.cluster = channels.cluster
