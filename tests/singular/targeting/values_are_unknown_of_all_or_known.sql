-- A member's expected value is empty only where no candidate of any list has a margin.
with

members as (

    select * from {{ ref('list_members') }}
    where expected_value is null

),

candidates as (

    select * from {{ ref('list_candidates') }}
    where mean_margin is not null

)

select
    list_name,
    customer_id
from members
where exists (select 1 from candidates)
