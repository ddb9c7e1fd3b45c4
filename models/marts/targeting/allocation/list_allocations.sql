-- What a shared budget decides of each offer and channel of each candidate.
with

allocations as (

    select * from {{ ref('ml_list_allocations') }}

),

candidates as (

    select * from {{ ref('allocation_candidates') }}

)

select
    allocations.list_name,
    allocations.customer_id,
    allocations.variant,
    allocations.channel,
    allocations.first_exclusion,
    allocations.taken_by,
    allocations.rank,
    candidates.expected_value,
    candidates.planned_cost,
    cast({{ null_if_nan('allocations.running_cost') }} as decimal(18, 4)) as running_cost,
    candidates.is_uncontacted,
    allocations.is_taken,
    allocations.is_best_offer
from allocations
inner join candidates
    on allocations.list_name = candidates.list_name
    and allocations.customer_id = candidates.customer_id
    and allocations.variant = candidates.variant
    and allocations.channel = candidates.channel
