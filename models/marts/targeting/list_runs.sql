-- Each list of each run with a hash, so that two runs can be told apart and an erasure
-- seen: a list of the past that has lost members to it gets a new hash and a count.
with

kept as (

    select
        list_name,
        list_hash,
        definition_hash,
        members,
        held_out,
        erased_members,
        expected_value,
        cast(as_of_date as date) as as_of_date
    from {{ ref('list_runs_saved') }}
    where saved_date < {{ as_of_date() }}

),

history as (

    select * from {{ ref('list_member_history') }}

),

lists as (

    select * from {{ ref('int_lists_priced') }}

),

members as (

    select
        list_name,
        count(*) as members,
        string_agg(customer_id, ',' order by customer_id) as customer_ids,
        sum(expected_value) as expected_value
    from {{ ref('list_members') }}
    group by list_name

),

held_out as (

    select
        list_name,
        sum(removed) as held_out
    from {{ ref('list_waterfall') }}
    where is_holdout
    group by list_name

),

remembered as (

    select
        kept.list_name,
        kept.as_of_date,
        count(history.customer_id) as members,
        coalesce(string_agg(history.customer_id, ',' order by history.customer_id), '')
            as customer_ids
    from kept
    left join history
        on kept.list_name = history.list_name
        and kept.as_of_date >= history.entered_date
        and kept.as_of_date < coalesce(history.left_date, cast('9999-12-31' as date))
    group by kept.list_name, kept.as_of_date

),

past as (

    select
        kept.list_name,
        case
            when remembered.members = kept.members then kept.list_hash
            else {{ list_hash('kept.definition_hash', 'remembered.customer_ids') }}
        end as list_hash,
        kept.definition_hash,
        remembered.members,
        cast(kept.held_out as bigint) as held_out,
        cast(kept.erased_members + kept.members - remembered.members as bigint)
            as erased_members,
        cast(kept.expected_value as decimal(18, 4)) as expected_value,
        kept.as_of_date
    from kept
    inner join remembered
        on kept.list_name = remembered.list_name
        and kept.as_of_date = remembered.as_of_date

),

today as (

    select
        lists.list_name,
        {{ list_hash('lists.definition_hash', "coalesce(members.customer_ids, '')") }}
            as list_hash,
        lists.definition_hash,
        coalesce(members.members, 0) as members,
        cast(held_out.held_out as bigint) as held_out,
        cast(0 as bigint) as erased_members,
        cast(
            case when members.members > 0 then members.expected_value else 0 end
            as decimal(18, 4)
        ) as expected_value,
        cast({{ as_of_date() }} as date) as as_of_date
    from lists
    inner join held_out
        on lists.list_name = held_out.list_name
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
    held_out,
    erased_members,
    expected_value,
    as_of_date
from runs
