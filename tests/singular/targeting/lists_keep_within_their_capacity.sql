-- Members and held out ones together keep within the capacity of their list.
with

taken as (

    select
        list_name,
        count(*) as customers
    from {{ ref('list_decisions') }}
    where is_in
        or first_exclusion = 'global holdout'
    group by list_name

)

select taken.*
from taken
inner join {{ ref('list_definitions') }} as definitions
    on taken.list_name = definitions.list_name
where taken.customers > definitions.capacity
