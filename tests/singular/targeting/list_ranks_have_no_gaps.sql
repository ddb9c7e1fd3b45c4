-- Ranks run from 1 to the number of members, the best first.
with

members as (

    select
        *,
        count(*) over (partition by list_name) as members,
        lag(expected_value) over (
            partition by list_name order by rank
        ) as better_value
    from {{ ref('list_members') }}

)

select
    list_name,
    max(rank) as last_rank
from members
group by list_name
having min(rank) <> 1
    or max(rank) <> max(members)
    or count(distinct rank) <> max(members)
    or bool_or(expected_value > better_value)
