with

decisions as (

    select * from {{ ref('list_decisions') }}
    where is_in
        and arm = 'treatment'

),

lists as (

    select * from {{ ref('int_lists_priced') }}

)

select
    decisions.list_name,
    decisions.customer_id,
    decisions.product_id,
    lists.channel,
    lists.offer,
    decisions.reason,
    decisions.consent_basis,
    decisions.lift_basis,
    row_number() over (
        partition by decisions.list_name
        order by decisions.rank
    ) as rank,
    decisions.expected_value,
    cast({{ days_after(as_of_date(), 'lists.valid_days') }} as date) as valid_until
from decisions
inner join lists
    on decisions.list_name = lists.list_name
