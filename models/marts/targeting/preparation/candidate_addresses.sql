-- Of a customer's address what its other owners mean for it. Only addresses of several persons.
{{ config(materialized='ephemeral') }}
with

contacts as (

    select * from {{ ref('customer_contacts') }}

),

shared_addresses as (

    select * from {{ ref('shared_addresses') }}

),

crowded_addresses as (

    select address_key from {{ ref('int_shared_addresses') }}

)

select
    customer_id,
    address,
    address_key,
    bool_or(is_other_held_out) as is_held_out,
    false as is_crowded
from shared_addresses
group by customer_id, address, address_key
{%- for address in ['email', 'phone'] %}

union all

select
    customer_id,
    '{{ address }}' as address,
    {{ address }}_key as address_key,
    false as is_held_out,
    true as is_crowded
from contacts
where {{ address }}_key in (select crowded_addresses.address_key from crowded_addresses)
{%- endfor %}
