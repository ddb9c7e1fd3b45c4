-- The person of each key that shares one, named by one of the keys: by that which already named
-- a person in an earlier run, so that ids outlast new data; of several, and where none did, by the
-- oldest.
with

keys_grouped as (

    select
        *,
        count(*) over (partition by group_key) as key_count
    from {{ ref('int_keys_grouped') }}

),

grouped as (

    select
        customer_key,
        group_key
    from keys_grouped
    where key_count > 1

),

customers as (

    select * from {{ ref('int_customers_validated') }}
    where decision = 'accepted'

),

saved as (

    select * from {{ ref('int_persons_saved') }}

),

links as (

    select * from {{ ref('int_identity_links') }}
    where key_count > 1

),

first_orders as (

    select
        customer_id as customer_key,
        min(ordered_at) as first_at
    from {{ conformed('order_lines') }}
    where customer_id in (select grouped.customer_key from grouped)
    group by customer_id

),

named as (

    select
        grouped.customer_key,
        grouped.group_key,
        first_value(grouped.customer_key) over (
            partition by grouped.group_key
            order by
                coalesce(saved.customer_id = grouped.customer_key, false) desc,
                least(customers.registered_at, first_orders.first_at) nulls last,
                grouped.customer_key
        ) as customer_id
    from grouped
    left join saved
        on grouped.customer_key = saved.customer_key
    left join customers
        on grouped.customer_key = customers.customer_id
    left join first_orders
        on grouped.customer_key = first_orders.customer_key

),

-- By which of its links a key is its person's: the surest that another key of the person has.
linked as (

    select
        named.customer_key,
        links.link_kind,
        links.linked_at
    from named
    inner join links
        on named.customer_key = links.customer_key
    where named.customer_key <> named.customer_id
    qualify row_number() over (
        partition by named.customer_key
        order by
            case links.link_kind when 'link' then 1 when 'email' then 2 else 3 end,
            links.linked_at,
            links.link_value
    ) = 1

)

select
    named.customer_key,
    named.customer_id,
    linked.link_kind as linked_by,
    nullif(linked.linked_at, cast('0001-01-01' as timestamp)) as linked_at
from named
left join linked
    on named.customer_key = linked.customer_key
