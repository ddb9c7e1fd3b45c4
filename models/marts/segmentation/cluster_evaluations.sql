with

measures as (

    select * from {{ ref('ml_cluster_evaluations') }}

)

select
    method,
    feature_set,
    {{ translated('reason', 'clusters') }} as reason,
    cast(k as bigint) as k,
    cast(customers as bigint) as customers,
    cast(fitted_customers as bigint) as fitted_customers,
    cast(evaluated_customers as bigint) as evaluated_customers,
    {%- for measure in [
        'inertia', 'silhouette', 'davies_bouldin', 'calinski_harabasz', 'bic',
        'stability_ari', 'shuffled_silhouette', 'cloud_silhouette', 'score',
        'smallest_share',
        'quantization_error', 'topographic_error',
    ] %}
    {{ null_if_nan(measure) }} as {{ measure }},
    {%- endfor %}
    is_elbow,
    is_separated,
    is_method_choice,
    is_chosen
from measures
