-- Links between keys that became different persons. One row per key and link.
with

links as (

    select * from {{ ref('int_identity_links') }}
    where key_count > 1

),

keys_grouped as (

    select * from {{ ref('int_keys_grouped') }}

),

persons as (

    select * from {{ ref('int_customer_persons') }}

),

linked_persons as (

    select
        links.link_kind,
        links.link_value,
        links.customer_key,
        keys_grouped.is_taken_apart,
        coalesce(persons.customer_id, links.customer_key) as customer_id
    from links
    inner join keys_grouped
        on links.customer_key = keys_grouped.customer_key
    left join persons
        on links.customer_key = persons.customer_key

)

select
    customer_key,
    link_kind,
    link_value,
    bool_or(is_taken_apart) over (partition by link_kind, link_value) as is_taken_apart
from linked_persons
qualify min(customer_id) over (partition by link_kind, link_value)
    <> max(customer_id) over (partition by link_kind, link_value)
