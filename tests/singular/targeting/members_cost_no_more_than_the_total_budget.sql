-- The members of all lists together keep within the budget that the lists share.
with

members as (

    select sum(worth.planned_cost) as cost
    from {{ ref('list_decisions') }} as decisions
    inner join {{ ref('contact_values') }} as worth
        on decisions.list_name = worth.list_name
        and decisions.customer_id = worth.customer_id
        and decisions.variant = worth.variant
    where decisions.arm = 'treatment'

)

select cost
from members
where {{ shares_one_budget() | lower }}
    and cost > cast({{ 'null' if var('total_budget') is none else var('total_budget') }} as decimal(18, 4))
