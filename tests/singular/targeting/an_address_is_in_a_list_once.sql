-- No address is in a list twice, and none that somebody held out or too many have. Asked of the
-- contacts again, so that a fault in the steps cannot hide itself.
with

addressed as (

    select
        members.list_name,
        members.customer_id,
        case channels.address
            when 'email' then contacts.email_key
            else contacts.phone_key
        end as address_key
    from {{ ref('list_members') }} as members
    inner join {{ ref('contact_channels') }} as channels
        on members.channel = channels.channel
    inner join {{ ref('customer_contacts') }} as contacts
        on members.customer_id = contacts.customer_id

),

held_out as (

    select
        key_contacts.address_key,
        {{ person_of('key_contacts.customer_key') }} as customer_id
    from {{ ref('int_key_contacts') }} as key_contacts
    {{ join_persons('key_contacts.customer_key') }}
    inner join {{ ref('holdout_customers') }} as holdout
        on {{ person_of('key_contacts.customer_key') }} = holdout.customer_id

)

select
    list_name,
    address_key,
    'in the list twice' as fault
from addressed
where address_key is not null
group by list_name, address_key
having count(*) > 1

union all

select
    addressed.list_name,
    addressed.address_key,
    'of a customer who is held out' as fault
from addressed
inner join held_out
    on addressed.address_key = held_out.address_key

union all

select
    list_name,
    address_key,
    'of too many customers' as fault
from addressed
where address_key in (
    select crowded.address_key from {{ ref('int_shared_addresses') }} as crowded
)
