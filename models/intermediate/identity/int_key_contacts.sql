-- Since when a customer's key has an address: by the customers file, by orders, and because
-- the key was made of it (customer_key).
{{ config(schema='private') }} -- e-mails and phones stand in this schema only
with

addresses as (

    select * from {{ ref('int_contact_addresses') }}
    where address is not null

),

customers as (

    select * from {{ ref('int_customers_validated') }}
    where decision = 'accepted'

),

file_numbers as (

    {{ file_numbers(conformed_line_contacts()) }}

),

line_contacts as (

    select
        line_contacts.*,
        file_numbers.file_number * 10000000000 + line_contacts.source_row as place
    from {{ conformed_line_contacts() }} as line_contacts
    inner join file_numbers
        on line_contacts.source_file = file_numbers.source_file

),

key_forms as (

    select distinct
        {{ customer_key('contact_text') }} as customer_key,
        contact_text
    from addresses

),

-- Orders under a key that is a contact.
contact_orders as (

    select
        key_forms.customer_key,
        key_forms.contact_text,
        min(order_lines.ordered_at) as first_at,
        max(order_lines.ordered_at) as last_at
    from {{ conformed('order_lines') }} as order_lines
    inner join key_forms
        on order_lines.customer_id = key_forms.customer_key
    group by key_forms.customer_key, key_forms.contact_text

),

named as (

    {% for column in ['email', 'phone'] -%}
    select
        customer_id as customer_key,
        {{ column }} as contact_text,
        registered_at as first_at,
        registered_at as last_at,
        cast(null as bigint) as place,
        true as is_from_customers
    from customers
    where {{ column }} is not null

    union all

    select
        customer_id as customer_key,
        {{ column }} as contact_text,
        ordered_at as first_at,
        ordered_at as last_at,
        place,
        false as is_from_customers
    from line_contacts
    where {{ column }} is not null

    union all

    {% endfor -%}
    select
        customer_key,
        contact_text,
        first_at,
        last_at,
        cast(null as bigint) as place,
        false as is_from_customers
    from contact_orders

)

select
    named.customer_key,
    addresses.address_key,
    addresses.address_kind,
    any_value(addresses.address) as address,
    max(named.contact_text) as contact_text,
    bool_or(named.is_from_customers) as is_from_customers,
    -- A customers file without a day says what has always been so.
    case when bool_and(named.first_at is not null) then min(named.first_at) end as first_at,
    max(named.last_at) as last_at,
    max(named.place) as last_place
from named
inner join addresses
    on named.contact_text = addresses.contact_text
group by named.customer_key, addresses.address_key, addresses.address_kind
