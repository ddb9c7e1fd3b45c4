-- Whoever objects is heard, whatever else is wrong with the row that says so: the person whom it
-- names by a key, and everybody who has the address that it names.
with

suppressions as (

    select * from {{ ref('int_suppressions_validated') }}

),

names as (

    select * from {{ ref('int_addresses_named') }}
    where input = 'suppressions'

),

suppressed_keys as (

    select customer_id as customer_key from suppressions
    where customer_id is not null

    union

    select written_key as customer_key from names
    where written_key is not null

    union

    select normalised_key as customer_key from names
    where normalised_key is not null

),

customer_addresses as (

    select * from {{ ref('customer_addresses') }}

)

select {{ person_of('suppressed_keys.customer_key') }} as customer_id
from suppressed_keys
{{ join_persons('suppressed_keys.customer_key') }}

union

select customer_addresses.customer_id
from names
inner join customer_addresses
    on names.address_key = customer_addresses.address_key
