-- Who was in which list from when to when. The runs of earlier as-of dates are as they
-- were; this one ends the stays of those who are no longer members and begins new ones.
with

saved as (

    select * from {{ ref('list_stays_saved') }}

),

members as (

    select * from {{ ref('list_members') }}

),

decisions as (

    select * from {{ ref('list_decisions') }}

),

lists as (

    select * from {{ ref('lists_priced') }}

),

continued as (

    select
        saved.list_name,
        saved.customer_id,
        saved.enter_reason,
        case
            when saved.left_date is not null then saved.exit_reason
            when members.customer_id is not null then null
            when lists.list_name is null then {{ text('the list is no longer defined') }}
            when decisions.customer_id is null then {{ text('no longer a candidate') }}
            when decisions.arm = 'control' then {{ text('drawn into the control arm') }}
            when decisions.first_exclusion is null then {{ text('a red alert stopped the list') }}
            else {{ label('step', 'decisions.first_exclusion') }} || ': ' || decisions.reason
        end as exit_reason,
        saved.entered_date,
        case
            when saved.left_date is not null then saved.left_date
            when members.customer_id is null then cast({{ as_of_date() }} as date)
        end as left_date
    from saved
    left join members
        on saved.list_name = members.list_name
        and saved.customer_id = members.customer_id
    left join decisions
        on saved.list_name = decisions.list_name
        and saved.customer_id = decisions.customer_id
    left join lists
        on saved.list_name = lists.list_name

),

entered as (

    select
        members.list_name,
        members.customer_id,
        members.reason as enter_reason,
        cast(null as string) as exit_reason,
        cast({{ as_of_date() }} as date) as entered_date,
        cast(null as date) as left_date
    from members
    -- A left join with "is null" in its condition loses rows here (DuckDB 2.0.0).
    where not exists (
        select saved.customer_id
        from saved
        where saved.list_name = members.list_name
            and saved.customer_id = members.customer_id
            and saved.left_date is null
    )
        and {{ as_of_date() }} is not null

),

stays as (

    select * from continued

    union all

    select * from entered

)

select
    list_name,
    customer_id,
    enter_reason,
    exit_reason,
    entered_date,
    left_date
from stays
