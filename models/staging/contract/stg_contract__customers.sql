-- The file of customers, and whom order lines alone give a contact.
{{ config(schema='private') }} -- e-mails and phones stand in this schema only
with

customers as (

    {{ stage_input('customers') }}

),

file_numbers as (

    {{ file_numbers(ref('stg_contract__line_contacts')) }}

),

order_contacts as (

    select
        order_contacts.*,
        (
            order_contacts.ordered_at, file_numbers.file_number, order_contacts.source_row
        ) as place
    from {{ ref('stg_contract__line_contacts') }} as order_contacts
    inner join file_numbers
        on order_contacts.source_file = file_numbers.source_file

),

line_contacts as (

    select
        max_by(source_file, place) as source_file,
        max_by(source_row, place) as source_row,
        customer_id,
        max_by(email, place) filter (where email is not null) as email,
        max_by(phone, place) filter (where phone is not null) as phone,
        max_by(first_name, place) filter (where first_name is not null) as first_name
    from order_contacts
    where coalesce(email, phone) is not null
        and customer_id not in (
            select customers.customer_id from customers where customers.customer_id is not null
        )
        {%- if has_erasures() %}
        and customer_id not in (select erased.customer_id from {{ erased_customers() }} as erased)
        {%- endif %}
    group by customer_id

)

select * from customers

union all by name

select * from line_contacts
