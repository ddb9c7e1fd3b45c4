-- What each list may take, and the share of its candidates who are left alone by design.
with

lists as (

    select * from {{ ref('lists_priced') }}

),

holdout as (

    select share
    from {{ ref('holdout_windows') }}
    where is_current

),

controls as (

    select
        list_name,
        avg(cast(control_share as double)) as control_share
    from {{ ref('list_candidates_screened') }}
    group by list_name

)

select
    lists.list_name,
    lists.capacity,
    lists.budget,
    lists.allows_other_lists,
    round(1 - (1 - cast(holdout.share as double)) * (1 - coalesce(controls.control_share, 0)), 6)
        as uncontacted_share
from lists
cross join holdout
left join controls
    on lists.list_name = controls.list_name
