-- What identity did not take for one person, or took with doubt, to be looked at: nothing is
-- merged away in silence.
with

shared_addresses as (

    select * from {{ ref('int_shared_addresses') }}

),

links_refused as (

    select * from {{ ref('links_refused') }}

),

persons as (

    select * from {{ ref('int_customer_persons') }}

),

customers as (

    select * from {{ ref('int_customers_validated') }}
    where decision = 'accepted'

),

described as (

    select
        persons.customer_id,
        customers.birth_year,
        customers.gender
    from customers
    inner join persons
        on customers.customer_id = persons.customer_key

),

findings as (

    select
        'shared contact' as finding,
        address_key as subject,
        key_count,
        {{ text(
            'one {kind} of {keys} keys: it links nobody and reaches nobody',
            kind=label('address_kind', 'address_kind'),
            keys='key_count'
        ) }} as detail
    from shared_addresses

    union all

    select
        'phone of several persons' as finding,
        link_value as subject,
        count(*) as key_count,
        {{ text(
            'one phone of {keys} keys that have different e-mails: it links nobody',
            keys='count(*)'
        ) }} as detail
    from links_refused
    where link_kind = 'phone'
        and not is_taken_apart
    group by link_value

    union all

    select
        'too many keys' as finding,
        link_kind as subject,
        count(distinct customer_key) as key_count,
        {{ text(
            'links by {kind} that would join more than {most} keys, or two e-mails by phones '
            ~ 'alone: they count for nobody',
            kind=label('linked_by', 'link_kind'),
            most=string_literal(var('person_keys') | string)
        ) }} as detail
    from links_refused
    where is_taken_apart
    group by link_kind

    union all

    {% for column, finding in {
        'birth_year': 'different birth years', 'gender': 'different genders'
    }.items() -%}
    select
        '{{ finding }}' as finding,
        customer_id as subject,
        count(*) as key_count,
        {{ text(
            'the keys of one person say {values}',
            values=joined_text(
                'cast(' ~ column ~ ' as string)', ', ', 'cast(' ~ column ~ ' as string)', true
            )
        ) }} as detail
    from described
    where {{ column }} is not null
    group by customer_id
    having count(distinct {{ column }}) > 1
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select
    finding,
    subject,
    cast(key_count as bigint) as key_count,
    detail
from findings
