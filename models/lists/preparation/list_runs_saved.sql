-- The lists of the runs before this one.
{{ read_state(
    'list_runs',
    {
        'list_name': 'string',
        'list_hash': 'string',
        'definition_hash': 'string',
        'members': 'bigint',
        'control_and_holdout': 'bigint',
        'erased_members': 'bigint',
        'expected_value': 'double',
        'as_of_date': 'timestamp',
    },
    last_days()
) }}
