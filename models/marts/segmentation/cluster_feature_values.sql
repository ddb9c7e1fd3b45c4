{% set features = var('cluster_features')['full'] -%}
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
