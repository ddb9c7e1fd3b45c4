{% set features = [
    'recency_days', 'frequency', 'monetary', 'mean_receipt', 'tenure_days',
    'lines_per_order', 'categories', 'discounted_share', 'undone_share',
] -%}
with

cluster_features as (

    select * from {{ ref('cluster_features') }}

)

{% for feature in features -%}
select
    customer_id,
    '{{ feature }}' as feature,
    cast({{ feature }} as decimal(18, 6)) as value
from cluster_features
{% if not loop.last -%}
union all

{% endif -%}
{%- endfor %}
