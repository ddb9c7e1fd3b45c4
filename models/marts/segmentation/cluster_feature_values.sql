{% set features = var('cluster_features')['full'] -%}
with

cluster_features as (

    select * from {{ ref('cluster_features') }}

),

shrunk_features as (

    select * from {{ ref('ml_cluster_feature_values') }}

)

{% for feature in features -%}
select
    cluster_features.customer_id,
    '{{ feature }}' as feature,
    cast(cluster_features.{{ feature }} as decimal(18, 6)) as value,
    cast({{ null_if_nan('shrunk_features.' ~ feature) }} as decimal(18, 6)) as shrunk_value
from cluster_features
inner join shrunk_features
    on cluster_features.customer_id = shrunk_features.customer_id
{% if not loop.last -%}
union all

{% endif -%}
{%- endfor %}
