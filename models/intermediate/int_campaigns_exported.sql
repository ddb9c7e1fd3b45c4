-- Lists that were exported as of an earlier day.
select *
from (
    {{ read_exported('campaign', {
        'campaign_id': 'string',
        'list_name': 'string',
        'channels': 'string',
        'exported_to': 'string',
        'list_hash': 'string',
        'definition_hash': 'string',
        'members': 'bigint',
        'controls': 'bigint',
        'erased_customers': 'bigint',
        'as_of_date': 'timestamp',
        'started_date': 'timestamp',
        'valid_until': 'timestamp',
    }) | indent(4) }}
)
where as_of_date < {{ as_of_date() }}
