select
    campaign_id,
    list_name,
    channels,
    exported_to,
    list_hash,
    definition_hash,
    cast(members as bigint) as members,
    cast(controls as bigint) as controls,
    cast(erased_customers as bigint) as erased_customers,
    cast(as_of_date as date) as as_of_date,
    cast(started_date as date) as started_date,
    cast(valid_until as date) as valid_until
from {{ ref('int_campaigns_exported') }}
