-- Addresses of too many keys to be a person's: a counter's phone, a shop's own mailbox. As of an
-- earlier day, by what was known then.
with

key_contacts as (

    select * from {{ ref('int_key_contacts') }}
    {%- if var('as_of_date', none) %}
    where first_at is null or first_at < {{ as_of_date() }}
    {%- endif %}

)

select
    address_key,
    address_kind,
    count(*) as key_count
from key_contacts
group by address_key, address_kind
having count(*) > {{ var('shared_contact_keys') }}
