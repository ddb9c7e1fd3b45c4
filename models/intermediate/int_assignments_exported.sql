-- Who was assigned in the lists that were exported as of an earlier day.
select *
from (
    {{ read_exported('assignments', {
        'campaign_id': 'string',
        'customer_id': 'string',
        'arm': 'string',
        'stratum': 'string',
        'channel': 'string',
        'offer': 'string',
        'offer_basis': 'string',
        'product_id': 'string',
        'rank': 'bigint',
        'expected_value': 'double',
        'control_share': 'double',
    }) | indent(4) }}
)
where campaign_id in (
    select campaigns.campaign_id from {{ ref('int_campaigns_exported') }} as campaigns
)
