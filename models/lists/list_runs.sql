-- Each list of each run with a hash, so that two runs can be compared and an
-- erasure seen: a list of the past that has lost members to it gets a new hash
-- and a count.
with

past as (

    select * from {{ ref('list_runs_past') }}

),

lists as (

    select * from {{ ref('lists_priced') }}

),

members as (

    select
        list_name,
        count(*) as members,
        {{ joined_text('customer_id', ',', 'customer_id') }} as customer_ids,
        sum(expected_value) as expected_value
    from {{ ref('list_members') }}
    group by list_name

),

control_and_holdout as (

    select
        list_name,
        sum(removed) as control_and_holdout
    from {{ ref('list_waterfall') }}
    where is_holdout
    group by list_name

),

today as (

    select
        lists.list_name,
        {{ list_hash('lists.definition_hash', "coalesce(members.customer_ids, '')") }}
            as list_hash,
        lists.definition_hash,
        coalesce(members.members, 0) as members,
        cast(control_and_holdout.control_and_holdout as bigint) as control_and_holdout,
        cast(0 as bigint) as erased_members,
        cast(
            case when members.members > 0 then members.expected_value else 0 end
            as decimal(18, 4)
        ) as expected_value,
        cast({{ as_of_date() }} as date) as as_of_date
    from lists
    inner join control_and_holdout
        on lists.list_name = control_and_holdout.list_name
    left join members
        on lists.list_name = members.list_name
    where {{ as_of_date() }} is not null

),

runs as (

    select * from past

    union all

    select * from today

)

select
    list_name,
    list_hash,
    definition_hash,
    members,
    control_and_holdout,
    erased_members,
    expected_value,
    as_of_date
from runs
