-- A list of the past that has lost members to an erasure gets a new hash and a count.
{{ config(materialized='ephemeral') }}
with

saved as (

    select
        list_name,
        list_hash,
        definition_hash,
        members,
        control_and_holdout,
        erased_members,
        expected_value,
        cast(as_of_date as date) as as_of_date
    from {{ ref('list_runs_saved') }}
    where saved_date < {{ as_of_date() }}

),

history as (

    select * from {{ ref('list_member_history') }}

),

remembered as (

    select
        saved.list_name,
        saved.as_of_date,
        count(history.customer_id) as members,
        coalesce(string_agg(history.customer_id, ',' order by history.customer_id), '')
            as customer_ids
    from saved
    left join history
        on saved.list_name = history.list_name
        and saved.as_of_date >= history.entered_date
        and saved.as_of_date < coalesce(history.left_date, cast('9999-12-31' as date))
    group by saved.list_name, saved.as_of_date

)

select
    saved.list_name,
    case
        when remembered.members = saved.members then saved.list_hash
        else {{ list_hash('saved.definition_hash', 'remembered.customer_ids') }}
    end as list_hash,
    saved.definition_hash,
    remembered.members,
    cast(saved.control_and_holdout as bigint) as control_and_holdout,
    cast(saved.erased_members + saved.members - remembered.members as bigint)
        as erased_members,
    cast(saved.expected_value as decimal(18, 4)) as expected_value,
    saved.as_of_date
from saved
inner join remembered
    on saved.list_name = remembered.list_name
    and saved.as_of_date = remembered.as_of_date
