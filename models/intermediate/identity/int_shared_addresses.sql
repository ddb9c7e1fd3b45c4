-- Addresses of too many keys to be a person's: a counter's phone, a shop's own mailbox.
with

key_contacts as (

    select * from {{ ref('int_key_contacts') }}

)

select
    address_key,
    address_kind,
    count(*) as key_count
from key_contacts
group by address_key, address_kind
having count(*) > {{ var('shared_contact_keys') }}
