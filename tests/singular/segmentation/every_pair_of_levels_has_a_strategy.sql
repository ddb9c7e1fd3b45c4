-- Whatever the levels of a cluster are, a strategy fits.
{% set levels = {
    'recency_level': ['lapsed', 'absent', 'typical', 'recent'],
    'frequency_level': ['once', 'rare', 'typical', 'frequent'],
    'revenue_level': ['high', 'typical'],
} -%}
with

{% for name, members in levels.items() -%}
{{ name }}s as (

    {% for member in members -%}
    select '{{ member }}' as {{ name }}
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor %}

),

{% endfor -%}
strategies as (

    select * from {{ ref('cluster_strategies') }}

)

select
    recency_levels.recency_level,
    frequency_levels.frequency_level,
    revenue_levels.revenue_level,
    count(strategies.strategy) as strategies
from recency_levels
cross join frequency_levels
cross join revenue_levels
left join strategies
    on recency_levels.recency_level
    = coalesce(strategies.recency_level, recency_levels.recency_level)
    and frequency_levels.frequency_level
    = coalesce(strategies.frequency_level, frequency_levels.frequency_level)
    and revenue_levels.revenue_level
    = coalesce(strategies.revenue_level, revenue_levels.revenue_level)
group by
    recency_levels.recency_level,
    frequency_levels.frequency_level,
    revenue_levels.revenue_level
having count(strategies.strategy) = 0
