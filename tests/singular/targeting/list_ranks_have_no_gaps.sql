-- Ranks run from 1 to the number of members, the best first where the list is ranked
-- by value.
with

members as (

    select
        members.*,
        lists.ranking,
        count(*) over (partition by members.list_name) as members,
        lag(members.expected_value) over (
            partition by members.list_name order by members.rank
        ) as better_value
    from {{ ref('list_members') }} as members
    inner join {{ ref('list_definitions') }} as lists
        on members.list_name = lists.list_name

)

select
    list_name,
    max(rank) as last_rank
from members
group by list_name
having min(rank) <> 1
    or max(rank) <> max(members)
    or count(distinct rank) <> max(members)
    or bool_or(ranking = 'expected value' and expected_value > better_value)
