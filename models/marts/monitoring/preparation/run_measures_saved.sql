-- What the runs before this one counted.
{{ read_state(
    'run_measures',
    {
        'measure': 'string',
        'subject': 'string',
        'value': 'double',
        'cases': 'bigint',
        'as_of_date': 'timestamp',
    },
    last_days()
) }}
