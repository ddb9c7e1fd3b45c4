-- All addresses of a person, under whichever key they were given, by what stands for them.
with

key_contacts as (

    select * from {{ ref('int_key_contacts') }}

)

select distinct
    {{ person_of('key_contacts.customer_key') }} as customer_id,
    key_contacts.address_key,
    key_contacts.address_kind
from key_contacts
{{ join_persons('key_contacts.customer_key') }}
