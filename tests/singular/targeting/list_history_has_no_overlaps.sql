-- Stays of a customer in a list follow each other without overlapping, each has a
-- reason to have ended where it has, and those that go on are the members.
with

history as (

    select
        *,
        lead(entered_date) over (
            partition by list_name, customer_id order by entered_date
        ) as next_entered_date
    from {{ ref('list_member_history') }}

),

members as (

    select * from {{ ref('list_members') }}

),

ongoing as (

    select * from history
    where left_date is null

)

select
    list_name,
    customer_id,
    'a stay ends before it begins, after the next begins, or without a reason' as fault
from history
where left_date <= entered_date
    or coalesce(left_date, cast('9999-12-31' as date)) > next_entered_date
    or (left_date is null) <> (exit_reason is null)

union all

select
    coalesce(members.list_name, ongoing.list_name) as list_name,
    coalesce(members.customer_id, ongoing.customer_id) as customer_id,
    'a member has no stay that goes on, or a stay goes on without a member' as fault
from members
full outer join ongoing
    on members.list_name = ongoing.list_name
    and members.customer_id = ongoing.customer_id
where (members.customer_id is null or ongoing.customer_id is null)
    and {{ as_of_date() }} is not null
