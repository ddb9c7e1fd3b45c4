-- The clusters of the runs before this one.
select
    *,
    saved_date < cast({{ as_of_date() }} as date) as is_earlier
from (
    {{ read_state(
        'customer_clusters',
        {
            'customer_id': 'string',
            'method': 'string',
            'cluster_key': 'string',
            'cluster_name': 'string',
            'is_chosen': 'boolean',
        },
        last_days()
    ) | indent(4) }}
)
