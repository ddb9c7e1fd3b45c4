-- Who to contact, by which channel and with which offer. A list that a red alert concerns has
-- nobody; list_decisions shows who would be in it.
with

stops as (

    select * from {{ ref('list_alerts') }}
    where is_stopping

),

decisions as (

    select * from {{ ref('list_decisions') }}
    where is_in
        and arm = 'treatment'
        and list_name not in (select stops.list_name from stops)

),

lists as (

    select * from {{ ref('lists_priced') }}

),

offers as (

    select * from {{ ref('member_offers') }}

)

select
    decisions.list_name,
    decisions.customer_id,
    offers.product_id,
    decisions.channel,
    offers.offer,
    offers.offer_basis,
    offers.reason,
    decisions.reachability,
    decisions.consent_basis,
    decisions.lift_basis,
    decisions.variant,
    decisions.value_basis,
    decisions.value_reason,
    cast(row_number() over (
        partition by decisions.list_name
        order by decisions.rank
    ) as bigint) as rank,
    decisions.p_without,
    decisions.p_with,
    decisions.expected_value,
    decisions.expected_value_se,
    cast({{ days_after(as_of_date(), 'lists.valid_days') }} as date) as valid_until
from decisions
inner join lists
    on decisions.list_name = lists.list_name
inner join offers
    on decisions.list_name = offers.list_name
    and decisions.customer_id = offers.customer_id
