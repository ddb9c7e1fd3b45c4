-- Every key of a source with its person: which key an order or a consent was under makes no
-- difference further on.
with

customers as (

    select * from {{ ref('dim_customers') }}

),

persons as (

    select * from {{ ref('int_customer_persons') }}

),

source_keys as (

    select * from {{ ref('int_source_keys') }}

),

resolved as (

    select
        source_keys.customer_key,
        coalesce(persons.customer_id, source_keys.customer_key) as customer_id,
        persons.linked_by,
        persons.linked_at
    from source_keys
    left join persons
        on source_keys.customer_key = persons.customer_key

)

-- A key of rejected rows alone is nobody's.
select
    resolved.customer_key,
    resolved.customer_id,
    resolved.linked_by,
    resolved.linked_at
from resolved
inner join customers
    on resolved.customer_id = customers.customer_id
