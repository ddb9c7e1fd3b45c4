-- Three levels of recency by three of frequency, each with one strategy.
with

recency_levels as (

    select 'recent' as recency_level
    union all
    select 'usual' as recency_level
    union all
    select 'absent' as recency_level

),

frequency_levels as (

    select 'frequent' as frequency_level
    union all
    select 'usual' as frequency_level
    union all
    select 'rare' as frequency_level

),

strategies as (

    select * from {{ ref('cluster_strategies') }}

)

select
    recency_levels.recency_level,
    frequency_levels.frequency_level,
    count(strategies.strategy) as strategies
from recency_levels
cross join frequency_levels
left join strategies
    on recency_levels.recency_level = strategies.recency_level
    and frequency_levels.frequency_level = strategies.frequency_level
group by recency_levels.recency_level, frequency_levels.frequency_level
having count(strategies.strategy) <> 1
