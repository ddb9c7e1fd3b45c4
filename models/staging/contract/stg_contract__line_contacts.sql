-- What the order lines of shops say of a customer: a contact, and whether mail is welcome.
{{ config(schema='private') }} -- e-mails and phones stand in this schema only
{%- set described = describe_inputs() if execute else {'settings': {}, 'files': []} -%}
{%- set settings = described['settings'] -%}
{%- set extras = extra_columns('order_lines', described) -%}
{%- set columns = [
    'order_id', 'customer_id', 'ordered_at', 'ordered_time', 'customer_email', 'customer_phone', 'first_name',
    'customer_name', 'accepts_marketing',
] -%}
{%- set told = columns[4:] | select('in', extras) | list %}
with

raw_rows as (

    {{ read_input('order_lines', columns) }}

),

cleaned as (

    select
        source_file,
        source_row,
        {%- for column in columns %}
        {{ ordered_text(column, settings, extras) }} as {{ column }}_found{{ ',' if not loop.last }}
        {%- endfor %}
    from raw_rows
    {%- if not told %}
    -- No file says so.
    where false
    {%- endif %}

),

filled as (

    {{ filled_orders('cleaned', columns, described.get('order_fields', [])) }}

),

cast_rows as (

    select
        source_file,
        source_row,
        order_id_found as order_id,
        {{ staged_key('customer_id', 'order_lines', settings, extras) }} as customer_id,
        {{ cast_text('ordered_at_found', 'timestamp', settings) }} as ordered_at,
        customer_email_found as email,
        customer_phone_found as phone,
        -- Of a name that is turned round, with a comma, nobody knows what to say.
        coalesce(
            first_name_found, nullif(regexp_extract(customer_name_found, '^([^,\s]+) [^,]*$', 1), '')
        ) as first_name,
        {{ cast_text('accepts_marketing_found', 'boolean', settings) }} as accepts_marketing
    from filled

)

select
    min(source_file) as source_file,
    min(source_row) as source_row,
    customer_id,
    -- A phone that a spreadsheet is kept from reading as a number begins with an apostrophe.
    max_by(email, (ordered_at, source_row)) filter (where email is not null) as email,
    ltrim(
        max_by(phone, (ordered_at, source_row)) filter (where phone is not null), chr(39)
    ) as phone,
    max_by(first_name, (ordered_at, source_row)) filter (where first_name is not null)
        as first_name,
    bool_or(accepts_marketing) as accepts_marketing,
    min(ordered_at) as ordered_at
from cast_rows
where customer_id is not null
    and ordered_at is not null
    {%- if has_erasures() %}
    and not {{ is_erased(keys=['customer_id'], contacts=['email', 'phone']) }}
    {%- endif %}
group by
    source_file,
    order_id,
    customer_id
