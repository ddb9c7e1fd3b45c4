-- A list of the past that has lost members to an erasure gets a new hash and a count. Members
-- who have turned out to be one person are fewer, and not erased.
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

-- Rows of persons who have a row under more than the key that names them.
keys as (

    select * from {{ ref('list_history_saved') }}
    where saved_date < {{ as_of_date() }}
        and customer_id in (
            select others.customer_id
            from {{ ref('list_history_saved') }} as others
            where others.customer_key <> others.customer_id
        )

),

remembered as (

    select
        saved.list_name,
        saved.as_of_date,
        count(history.customer_id) as members,
        coalesce({{ joined_text('history.customer_id', ',', 'history.customer_id') }}, '')
            as customer_ids
    from saved
    left join history
        on saved.list_name = history.list_name
        and saved.as_of_date >= history.entered_date
        and saved.as_of_date < coalesce(history.left_date, cast('9999-12-31' as date))
    group by saved.list_name, saved.as_of_date

),

merged as (

    select
        saved.list_name,
        saved.as_of_date,
        count(*) - count(distinct keys.customer_id) as members
    from saved
    inner join keys
        on saved.list_name = keys.list_name
        and saved.as_of_date >= cast(keys.entered_date as date)
        and saved.as_of_date < coalesce(cast(keys.left_date as date), cast('9999-12-31' as date))
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
    cast(
        saved.erased_members + saved.members - remembered.members - coalesce(merged.members, 0)
        as bigint
    ) as erased_members,
    cast(saved.expected_value as decimal(18, 4)) as expected_value,
    saved.as_of_date
from saved
inner join remembered
    on saved.list_name = remembered.list_name
    and saved.as_of_date = remembered.as_of_date
left join merged
    on saved.list_name = merged.list_name
    and saved.as_of_date = merged.as_of_date
