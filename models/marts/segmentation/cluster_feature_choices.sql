with

choices as (

    select * from {{ ref('ml_cluster_feature_choices') }}

)

select
    feature_set,
    feature,
    transform,
    nullif(correlated_with, '') as correlated_with,
    {{ translated('reason', 'feature_choices') }} as reason,
    cast(place as bigint) as place,
    {%- for measure in [
        'missing_share', 'commonest_share', 'skewness', 'transformed_skewness',
        'correlation', 'center', 'scale',
    ] %}
    {{ null_if_nan(measure) }} as {{ measure }},
    {%- endfor %}
    is_used
from choices
