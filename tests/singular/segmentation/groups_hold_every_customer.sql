-- The members of a characteristic hold each customer of a group once, so that their
-- shares sum to one, in each group and over all.
with

groups as (

    select * from {{ ref('customer_groups') }}

),

known as (

    select distinct customer_id from {{ ref('customer_characteristics') }}

),

summed as (

    select
        grouping,
        group_key,
        characteristic,
        sum(customers) as customers,
        sum(share) as share
    from groups
    group by grouping, group_key, characteristic

),

sizes as (

    select
        members.grouping,
        members.group_key,
        count(*) as customers
    from {{ ref('customer_group_members') }} as members
    inner join known
        on members.customer_id = known.customer_id
    group by members.grouping, members.group_key

)

select
    summed.*,
    sizes.customers as expected_customers
from summed
left join sizes
    on summed.grouping = sizes.grouping
    and summed.group_key = sizes.group_key
where abs(summed.share - 1) > 1e-9
    or (
        summed.grouping <> 'all'
        and summed.customers is distinct from sizes.customers
    )
