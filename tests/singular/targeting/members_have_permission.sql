-- No member, no address of a member and nobody else who has the address that is written to has
-- objected, and the member or the address has consented. Asked of the inputs again, so that a
-- fault in the steps cannot hide itself.
with

members as (

    select distinct
        members.customer_id,
        channels.channel,
        channels.address,
        channels.consent_purpose,
        case channels.address when 'email' then contacts.email_key else contacts.phone_key end
            as address_key
    from {{ ref('list_members') }} as members
    inner join {{ ref('list_channels') }} as channels
        on members.list_name = channels.list_name
        and members.channel = channels.channel
    left join {{ ref('customer_contacts') }} as contacts
        on members.customer_id = contacts.customer_id

),

-- Whom a row of either input names: keys first, then what an address may stand for.
named_keys as (

    {% for input in ['consents', 'suppressions'] -%}
    select
        '{{ input }}' as input,
        source_file,
        source_row,
        customer_id as customer_key
    from {{ ref('int_' ~ input ~ '_validated') }}
    where customer_id is not null

    union all

    {% endfor -%}
    select
        input,
        source_file,
        source_row,
        unnest([written_key, normalised_key]) as customer_key
    from {{ ref('int_addresses_named') }}

),

named_persons as (

    select distinct
        named_keys.input,
        named_keys.source_file,
        named_keys.source_row,
        coalesce(persons.customer_id, named_keys.customer_key) as customer_id
    from named_keys
    left join {{ ref('int_customer_persons') }} as persons
        on named_keys.customer_key = persons.customer_key

),

-- A member, and everybody else at the address.
concerned as (

    select
        customer_id as member_id,
        channel,
        address,
        consent_purpose,
        customer_id
    from members

    union

    select
        members.customer_id as member_id,
        members.channel,
        members.address,
        members.consent_purpose,
        addresses.customer_id
    from members
    inner join {{ ref('customer_addresses') }} as addresses
        on members.address_key = addresses.address_key

),

suppressed as (

    select concerned.member_id as customer_id
    from concerned
    inner join named_persons
        on concerned.customer_id = named_persons.customer_id
        and named_persons.input = 'suppressions'

    union

    select concerned.member_id as customer_id
    from concerned
    inner join {{ ref('customer_addresses') }} as addresses
        on concerned.customer_id = addresses.customer_id
    inner join {{ ref('int_addresses_named') }} as names
        on addresses.address_key = names.address_key
        and names.input = 'suppressions'

),

words as (

    select
        concerned.member_id,
        concerned.channel,
        concerned.consent_purpose,
        concerned.customer_id as said_by,
        named_persons.source_file,
        named_persons.source_row
    from concerned
    inner join named_persons
        on concerned.customer_id = named_persons.customer_id
        and named_persons.input = 'consents'

    union

    select
        members.customer_id as member_id,
        members.channel,
        members.consent_purpose,
        members.address_key as said_by,
        names.source_file,
        names.source_row
    from members
    inner join {{ ref('int_addresses_named') }} as names
        on members.address_key = names.address_key
        and names.input = 'consents'

),

dated_words as (

    select
        words.*,
        coalesce(lower(consents.status) = 'granted', false) as is_granted,
        coalesce(consents.event_at, cast('0001-01-01' as timestamp)) as event_at
    from words
    inner join {{ ref('int_consents_validated') }} as consents
        on words.source_file = consents.source_file
        and words.source_row = consents.source_row
        and consents.decision = 'accepted'
        and lower(consents.channel) in (words.channel, 'any')
        and coalesce(lower(consents.purpose), words.consent_purpose) = words.consent_purpose

),

last_words as (

    select
        member_id,
        channel,
        consent_purpose,
        said_by,
        max(event_at) filter (where is_granted and event_at < {{ as_of_date() }}) as granted_at,
        max(event_at) filter (where not is_granted) as withdrawn_at
    from dated_words
    group by member_id, channel, consent_purpose, said_by

)

select
    customer_id,
    'suppressed' as fault
from suppressed
{%- if are_consents_recorded() %}

union all

select
    members.customer_id,
    'no consent' as fault
from members
left join last_words
    on members.customer_id = last_words.member_id
    and members.channel = last_words.channel
    and members.consent_purpose = last_words.consent_purpose
left join last_words as own_words
    on members.customer_id = own_words.member_id
    and members.customer_id = own_words.said_by
    and members.channel = own_words.channel
    and members.consent_purpose = own_words.consent_purpose
group by members.customer_id, members.channel, members.consent_purpose
having bool_or(
    last_words.withdrawn_at >= coalesce(
        -- What a person says later holds for the address as well.
        case
            when last_words.said_by = members.address_key
                then greatest(last_words.granted_at, own_words.granted_at)
            else last_words.granted_at
        end,
        last_words.withdrawn_at
    )
)
    or coalesce(
        max(last_words.granted_at) filter (
            where last_words.said_by in (members.customer_id, members.address_key)
        ), cast('0001-01-01' as timestamp)
    ) < {% if var('consent_valid_days') is none -%} cast('0001-01-01' as timestamp)
    {%- else -%} {{ days_after(as_of_date(), -var('consent_valid_days')) }} {%- endif %}
    or count(last_words.granted_at) filter (
        where last_words.said_by in (members.customer_id, members.address_key)
    ) = 0
{%- endif %}
