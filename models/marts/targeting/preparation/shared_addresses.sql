-- Persons who have the address at which another one would be written to: a family's phone, an
-- e-mail that two customers gave without being one person. Addresses of many keys are not here,
-- since they reach nobody.
with

contacts as (

    select * from {{ ref('customer_contacts') }}

),

key_contacts as (

    select * from {{ ref('int_key_contacts') }}

),

of_several_keys as (

    select address_key from key_contacts
    where address_key not in (
        select crowded.address_key from {{ ref('int_shared_addresses') }} as crowded
    )
    group by address_key
    having count(*) > 1

),

owners as (

    select distinct
        key_contacts.address_key,
        {{ person_of('key_contacts.customer_key') }} as customer_id
    from key_contacts
    inner join of_several_keys
        on key_contacts.address_key = of_several_keys.address_key
    {{ join_persons('key_contacts.customer_key') }}

),

used as (

    {% for address in ['email', 'phone'] -%}
    select
        customer_id,
        '{{ address }}' as address,
        {{ address }}_key as address_key
    from contacts
    where {{ address }}_key in (select owners.address_key from owners)
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select
    used.customer_id,
    owners.customer_id as other_customer_id,
    used.address_key,
    used.address,
    holdout.customer_id is not null as is_other_held_out
from used
inner join owners
    on used.address_key = owners.address_key
    and used.customer_id <> owners.customer_id
left join {{ ref('holdout_customers') }} as holdout
    on owners.customer_id = holdout.customer_id
