-- Of each row what it names by address: one known address, or key that is made of it, is enough.
with

customers as (

    select customer_id as customer_key from {{ ref('dim_customers') }}

    union

    select customer_key from {{ ref('customer_keys') }}

),

known_addresses as (

    select distinct address_key from {{ ref('customer_addresses') }}

),

names as (

    select * from {{ ref('int_addresses_named') }}

)

select
    names.input,
    names.source_file,
    names.source_row,
    {{ joined_text('names.name_key', ' ', 'names.name_key') }} as name_keys,
    min(names.name_kind) as name_kind,
    bool_or(
        known_addresses.address_key is not null
        or coalesce(names.written_key in (select customers.customer_key from customers), false)
        or coalesce(names.normalised_key in (select customers.customer_key from customers), false)
    ) as is_known,
    bool_or(names.named_in = 'customer_id') as has_key_of_address
from names
left join known_addresses
    on names.address_key = known_addresses.address_key
group by names.input, names.source_file, names.source_row
