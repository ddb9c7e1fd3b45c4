-- Who was assigned in the lists that were exported as of an earlier day, by the key that was a
-- person then.
with

assignments as (

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

select
    assignments.campaign_id,
    assignments.customer_id as customer_key,
    {{ person_of('assignments.customer_id') }} as customer_id,
    assignments.arm,
    assignments.stratum,
    assignments.channel,
    assignments.offer,
    assignments.offer_basis,
    assignments.product_id,
    assignments.rank,
    assignments.expected_value,
    assignments.control_share
from assignments
{{ join_persons('assignments.customer_id') }}
where assignments.campaign_id in (
    select campaigns.campaign_id from {{ ref('int_campaigns_exported') }} as campaigns
)
