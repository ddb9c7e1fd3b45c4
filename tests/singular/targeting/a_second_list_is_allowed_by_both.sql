-- Nobody is in two lists, in either arm or held out, unless both allow it.
with

taken as (

    select
        decisions.list_name,
        decisions.customer_id,
        definitions.allows_other_lists
    from {{ ref('list_decisions') }} as decisions
    inner join {{ ref('list_definitions') }} as definitions
        on decisions.list_name = definitions.list_name
    where decisions.is_in
        or decisions.first_exclusion = 'global holdout'

)

select
    customer_id,
    count(*) as lists
from taken
group by customer_id
having count(*) > 1
    and not bool_and(allows_other_lists)
