-- The assignment of each person. Keys that were two persons then may have been in two arms:
-- all were drawn on one day, so that of the key that names the person counts, which says nothing
-- of the arm, else that of the smallest.
select
    campaign_id,
    customer_id,
    arm,
    stratum,
    channel,
    offer,
    offer_basis,
    product_id,
    rank,
    expected_value,
    control_share
from {{ ref('int_assignments_saved') }}
qualify row_number() over (
    partition by campaign_id, customer_id
    order by customer_key <> customer_id, customer_key
) = 1
