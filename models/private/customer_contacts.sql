-- One e-mail and one phone per person: that of the customers file, else that of the latest
-- order; a text that is no address only where there is no better one.
with

key_contacts as (

    select
        contacts.*,
        {{ person_of('contacts.customer_key') }} as customer_id,
        (
            contacts.is_from_customers,
            coalesce(contacts.last_at, cast('0001-01-01' as timestamp)),
            coalesce(contacts.last_place, 0),
            contacts.customer_key,
            contacts.contact_text
        ) as place
    from {{ ref('int_key_contacts') }} as contacts
    {{ join_persons('contacts.customer_key') }}

),

written as (

    select
        customers.email,
        customers.phone,
        customers.first_name,
        {{ person_of('customers.customer_id') }} as customer_id,
        (coalesce(customers.registered_at, cast('0001-01-01' as timestamp)), customers.customer_id)
            as place
    from {{ ref('int_customers_validated') }} as customers
    {{ join_persons('customers.customer_id') }}
    where customers.decision = 'accepted'

),

-- What orders call a guest, where the customers file says nothing.
line_names as (

    select
        line_contacts.first_name,
        {{ person_of('line_contacts.customer_id') }} as customer_id,
        (line_contacts.ordered_at, line_contacts.customer_id) as place
    from {{ conformed_line_contacts() }} as line_contacts
    {{ join_persons('line_contacts.customer_id') }}
    where line_contacts.first_name is not null

),

called as (

    select
        customer_id,
        max_by(first_name, place) as first_name
    from line_names
    group by customer_id

),

addressed as (

    select
        customer_id,
        {%- for kind in ['email', 'phone'] %}
        max_by(contact_text, place) filter (where address_kind = '{{ kind }}') as {{ kind }},
        max_by(address_key, place) filter (where address_kind = '{{ kind }}') as {{ kind }}_key
        {{- ',' if not loop.last }}
        {%- endfor %}
    from key_contacts
    group by customer_id

),

named as (

    select
        customer_id,
        {%- for column in ['email', 'phone', 'first_name'] %}
        max_by({{ column }}, place) filter (where {{ column }} is not null) as {{ column }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from written
    group by customer_id

)

select
    coalesce(named.customer_id, addressed.customer_id) as customer_id,
    coalesce(addressed.email, case when not {{ is_nobodys('named.email') }} then named.email end)
        as email,
    coalesce(addressed.phone, named.phone) as phone,
    coalesce(named.first_name, called.first_name) as first_name,
    addressed.email_key,
    addressed.phone_key
from named
full join addressed
    on named.customer_id = addressed.customer_id
left join called
    on coalesce(named.customer_id, addressed.customer_id) = called.customer_id
