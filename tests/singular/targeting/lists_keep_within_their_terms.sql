-- Members and held out ones together keep within the capacity of their list, and the
-- members within its budget.
with

taken as (

    select
        decisions.list_name,
        count(*) as customers,
        sum(worth.planned_cost) filter (where decisions.arm = 'treatment') as cost
    from {{ ref('list_decisions') }} as decisions
    inner join {{ ref('contact_values') }} as worth
        on decisions.list_name = worth.list_name
        and decisions.customer_id = worth.customer_id
        and decisions.variant = worth.variant
    where decisions.is_in
        or decisions.first_exclusion = 'global holdout'
    group by decisions.list_name

)

select taken.*
from taken
inner join {{ ref('lists_priced') }} as lists
    on taken.list_name = lists.list_name
where taken.customers > lists.capacity
    or taken.cost > lists.budget
