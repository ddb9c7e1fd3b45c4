-- The history of the runs before this one, with the person of each key.
with

history as (

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
    ) | indent(4) }}

)

select
    history.saved_date,
    history.list_name,
    history.customer_id as customer_key,
    {{ person_of('history.customer_id') }} as customer_id,
    history.enter_reason,
    history.exit_reason,
    history.entered_date,
    history.left_date
from history
{{ join_persons('history.customer_id') }}
