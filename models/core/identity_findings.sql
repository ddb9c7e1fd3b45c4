-- What identity did not take for one person, or took with doubt, to be looked at: nothing is
-- merged away in silence.
with

shared_addresses as (

    select * from {{ ref('int_shared_addresses') }}

),

links as (

    select * from {{ ref('int_identity_links') }}
    where key_count > 1

),

keys_grouped as (

    select * from {{ ref('int_keys_grouped') }}

),

persons as (

    select * from {{ ref('int_customer_persons') }}

),

customers as (

    select * from {{ ref('int_customers_validated') }}
    where decision = 'accepted'

),

linked_persons as (

    select
        links.link_kind,
        links.link_value,
        keys_grouped.is_taken_apart,
        links.customer_key,
        coalesce(persons.customer_id, links.customer_key) as customer_id
    from links
    inner join keys_grouped
        on links.customer_key = keys_grouped.customer_key
    left join persons
        on links.customer_key = persons.customer_key

),

refused_links as (

    select
        link_kind,
        link_value,
        count(*) as key_count,
        bool_or(is_taken_apart) as is_taken_apart
    from linked_persons
    group by link_kind, link_value
    having count(distinct customer_id) > 1

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
        key_count,
        {{ text(
            'one phone of {keys} keys that have different e-mails: it links nobody',
            keys='key_count'
        ) }} as detail
    from refused_links
    where link_kind = 'phone'
        and not is_taken_apart

    union all

    select
        'too many keys' as finding,
        linked_persons.link_kind as subject,
        count(distinct linked_persons.customer_key) as key_count,
        {{ text(
            'links by {kind} that would join more than {most} keys, or two e-mails by phones '
            ~ 'alone: they count for nobody',
            kind=label('linked_by', 'linked_persons.link_kind'),
            most=string_literal(var('person_keys') | string)
        ) }} as detail
    from linked_persons
    inner join refused_links
        on linked_persons.link_value = refused_links.link_value
    where refused_links.is_taken_apart
    group by linked_persons.link_kind

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
            values="string_agg(distinct cast(" ~ column ~ " as string), ', ' order by cast("
                ~ column ~ " as string))"
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
