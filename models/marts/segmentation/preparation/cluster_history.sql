-- The clusters of the runs before this one.
{% set saved = read_state(
    'customer_clusters',
    {
        'customer_id': 'string',
        'method': 'string',
        'cluster_key': 'string',
        'cluster_name': 'string',
        'is_chosen': 'boolean',
    },
    last_days()
) -%}
select
    saved_date,
    customer_id,
    method,
    cluster_key,
    cluster_name,
    is_chosen,
    saved_date < cast({{ as_of_date() }} as date) as is_earlier
from (
    {{ of_persons(saved, ['saved_date', 'method']) | indent(4) }}
)
