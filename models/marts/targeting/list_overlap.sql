-- How many customers two lists want, and could have, before either takes any.
with

screened as (

    select
        list_name,
        customer_id,
        own_exclusion is null
            and not is_pressed
            and not is_cooling_down
            and is_worth_it
            and not is_address_held_out as is_eligible
    from {{ ref('list_candidates_screened') }}

),

lists as (

    select * from {{ ref('lists_priced') }}

),

shared as (

    select
        screened.list_name,
        others.list_name as other_list_name,
        count(*) as candidates,
        count(*) filter (where screened.is_eligible and others.is_eligible) as eligible
    from screened
    inner join screened as others
        on screened.customer_id = others.customer_id
    group by screened.list_name, others.list_name

),

sizes as (

    select
        list_name,
        eligible
    from shared
    where list_name = other_list_name

),

paired as (

    select
        lists.list_name,
        others.list_name as other_list_name,
        coalesce(shared.candidates, 0) as candidates_of_both,
        coalesce(shared.eligible, 0) as eligible_for_both,
        {{ ratio('coalesce(shared.eligible, 0)', 'sizes.eligible') }} as share_of_eligible
    from lists
    cross join lists as others
    left join shared
        on lists.list_name = shared.list_name
        and others.list_name = shared.other_list_name
    left join sizes
        on lists.list_name = sizes.list_name

)

select
    list_name,
    other_list_name,
    candidates_of_both,
    eligible_for_both,
    share_of_eligible
from paired
