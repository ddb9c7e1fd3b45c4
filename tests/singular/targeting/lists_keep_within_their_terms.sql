-- Members and held out ones together keep within the capacity of their list, and the
-- members within its budget.
with

taken as (

    select
        list_name,
        count(*) as customers,
        count(*) filter (where arm = 'treatment') as members
    from {{ ref('list_decisions') }}
    where is_in
        or first_exclusion = 'global holdout'
    group by list_name

)

select taken.*
from taken
inner join {{ ref('lists_priced') }} as lists
    on taken.list_name = lists.list_name
where taken.customers > lists.capacity
    or taken.members * (lists.contact_cost + lists.p_contacted * lists.offer_cost)
        > lists.budget + 0.0001 * taken.members
