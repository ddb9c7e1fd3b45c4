-- The address that each text means (targeted_lists/inputs/contacts.py). Reading a phone takes
-- longer than anything else here, so what an earlier run read is taken over; a text that is no
-- longer in any file is not kept. It reads the table that it replaces, so dbt's own
-- materialization makes it.
{{ config(schema='private', materialized='table') }} -- e-mails and phones stand in this schema only
{%- set country = string_literal(var('default_country')) %}
{%- set known = load_relation(this) if execute %}
with

customers as (

    select * from {{ ref('int_customers_validated') }}
    where decision = 'accepted'

),

line_contacts as (

    select * from {{ conformed_line_contacts() }}

),

permission_texts as (

    select * from {{ ref('int_permission_texts') }}

),

written as (

    {% for relation in ['customers', 'line_contacts'] -%}
    {%- for column in ['email', 'phone'] -%}
    select {{ column }} as contact_text from {{ relation }}
    where {{ column }} is not null
    {%- if not loop.last %}

    union

    {% endif -%}
    {%- endfor %}

    union

    {% endfor -%}
    select contact_text from permission_texts
    where not is_hash

),
{%- if known %}

known as (

    select
        contact_text,
        address
    from {{ this }}
    where rules = contact_rules() || ' ' || {{ country }}

),
{%- endif %}

addresses as (

    select
        contact_text,
        contact_address(contact_text, {{ country }}) as address
    from written
    {%- if known %}
    where contact_text not in (select known.contact_text from known)

    union all

    select
        written.contact_text,
        known.address
    from written
    inner join known
        on written.contact_text = known.contact_text
    {%- endif %}

)

select
    contact_text,
    address,
    case when position('@' in address) > 0 then 'email' when address is not null then 'phone' end
        as address_kind,
    {{ address_key('address') }} as address_key,
    contact_rules() || ' ' || {{ country }} as rules
from addresses
