-- The history of the runs before this one.
{{ read_state(
    'list_member_history',
    {
        'list_name': 'string',
        'customer_id': 'string',
        'enter_reason': 'string',
        'exit_reason': 'string',
        'entered_date': 'timestamp',
        'left_date': 'timestamp',
    },
    last_days()
) }}
