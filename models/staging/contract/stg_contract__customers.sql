-- The file of customers, and whom order lines alone give a contact.
{{ config(schema='private') }} -- e-mails and phones stand in this schema only
with

customers as (

    {{ stage_input('customers') }}

),

file_numbers as (

    {{ file_numbers(ref('stg_contract__line_contacts')) }}

),

line_contacts as (

    select
        max_by(source_file, (ordered_at, file_number, source_row)) as source_file,
        max_by(source_row, (ordered_at, file_number, source_row)) as source_row,
        customer_id,
        max_by(email, (ordered_at, file_number, source_row)) filter (where email is not null)
            as email,
        max_by(phone, (ordered_at, file_number, source_row)) filter (where phone is not null)
            as phone
    from {{ ref('stg_contract__line_contacts') }}
    inner join file_numbers using (source_file)
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
