-- The clusters of the runs before this one.
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
) }}
