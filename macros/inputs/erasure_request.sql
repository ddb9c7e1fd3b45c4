{#
    What targeted_lists/inputs/erasures.py asks of the raw files to find out who is erased: a
    query by name, and two settings. A key, an e-mail or a phone stands in no result, but its
    salted hash (erased_key).
#}
{%- macro erasure_request() -%}
    {{- return({
        'named': named_in_erasures(),
        'remembered': remembered_erasures(),
        'has_hashes': has_contact_hashes(),
        'contacts': raw_contacts(),
        'contacts_with_hashes': raw_contacts(with_hashes=true),
        'customer_links': raw_customer_links(),
        'persons': saved_persons(),
        'identity_links': identity_links(
            'erasure_key_contacts', 'erasure_shared_addresses', 'erasure_customer_links',
            is_dated=false
        ),
        'groups': keys_grouped('erasure_identity_links'),
        'shared_contact_keys': var('shared_contact_keys'),
        'is_by_contact': var('identity') != 'key',
    }) -}}
{%- endmacro -%}


{#
    Whom the raw erasures file names, a row per row of the file and text: what the text is (email,
    phone, hash of a contact, or none of these), its hash, and those of the keys made of it.
#}
{%- macro named_in_erasures() -%}
    {%- set settings = describe_inputs()['settings'] -%}
    {%- set country = string_literal(var('default_country')) -%}
    with

    raw_rows as (

        select
            source_file || ' ' || source_row as name_row,
            {%- for column in ['customer_id', 'email', 'phone'] %}
            {{ clean_text(column, settings) }} as {{ column }}_found{{ ',' if not loop.last }}
            {%- endfor %}
        from ({{ read_input('erasures', ['customer_id', 'email', 'phone']) }})

    ),

    texts as (

        select
            name_row,
            'customer_id' as named_in,
            customer_id_found as contact_text,
            {{ staged_key('customer_id', 'erasures', settings) }} as own_key
        from raw_rows
        {%- for column in ['email', 'phone'] %}

        union all

        select
            name_row,
            '{{ column }}' as named_in,
            {{ column }}_found as contact_text,
            null as own_key
        from raw_rows
        {%- endfor %}

    ),

    addressed as (

        select
            *,
            {{ is_contact_hash('contact_text') }} as is_hash,
            case
                when named_in <> 'customer_id' or {{ is_contact('contact_text') }}
                    then contact_address(contact_text, {{ country }})
            end as address,
            case when {{ is_contact('contact_text') }} then {{ customer_key('contact_text') }} end
                as written_key
        from texts
        where contact_text is not null

    )

    select
        name_row,
        named_in,
        {{ address_kind('address', own="case when is_hash then 'hash' end") }} as address_kind,
        case
            when is_hash then {{ erased_key('lower(contact_text)') }}
            when address is not null then {{ erased_key(address_key('address')) }}
            else {{ erased_key('own_key') }}
        end as erased_hash,
        list_filter(
            [
                {{ erased_key('own_key') }},
                {{ erased_key('written_key') }},
                {{ erased_key(customer_key('address')) }}
            ],
            lambda one: one is not null
        ) as key_hashes
    from addressed
{%- endmacro -%}


{#  Whether an address is an e-mail or a phone; null of none.  #}
{%- macro address_kind(address, own='null') -%}
    coalesce(
        {{ own }},
        case
            when strpos({{ address }}, '@') > 0 then 'email'
            when {{ address }} is not null then 'phone'
        end
    )
{%- endmacro -%}


{#  What is left of those whom earlier runs erased (state/DATASET/erased/hashes.parquet).  #}
{%- macro remembered_erasures() -%}
    select
        cast(kind as string) as kind,
        cast(erased_hash as string) as erased_hash,
        cast(has_email as boolean) as has_email,
        cast(is_found as boolean) as is_found
    from {% if has_erased_state() -%}
        read_parquet({{ string_literal(erased_state()) }})
    {%- else -%}
        (select null as kind, null as erased_hash, null as has_email, null as is_found where false)
    {%- endif %}
{%- endmacro -%}


{#  Pairs of keys that customer_links says are one person, or are not.  #}
{%- macro raw_customer_links() -%}
    {%- set settings = describe_inputs()['settings'] -%}
    {%- set columns = ['customer_id', 'other_customer_id', 'status', 'event_at'] -%}
    select
        source_file,
        source_row,
        {{ erased_key(staged_key('customer_id', 'customer_links', settings)) }} as customer_id,
        {{ erased_key(staged_key('other_customer_id', 'customer_links', settings)) }}
            as other_customer_id,
        status_found as status,
        {{ cast_text('event_at_found', 'timestamp', settings) }} as event_at,
        'accepted' as decision
    from (
        select
            source_file,
            source_row,
            {%- for column in columns %}
            {{ clean_text(column, settings) }} as {{ column }}_found{{ ',' if not loop.last }}
            {%- endfor %}
        from ({{ read_input('customer_links', columns) }})
    ) as links
    where {{ staged_key('customer_id', 'customer_links', settings) }}
            <> {{ staged_key('other_customer_id', 'customer_links', settings) }}
        and coalesce(lower(status_found), 'same') in ('same', 'different')
{%- endmacro -%}


{#  Keys that were another key's person in the last run that knew them.  #}
{%- macro saved_persons() -%}
    {%- set pattern = state_folder() ~ '/customer_keys/*.parquet' -%}
    {%- set is_there = run_query(
        'select count(*) from glob(' ~ string_literal(pattern) ~ ')'
    ).columns[0].values()[0] > 0 -%}
    select
        {{ erased_key('customer_key') }} as customer_key,
        {{ erased_key('max_by(customer_id, filename)') }} as customer_id
    from {% if is_there -%}
        read_parquet({{ string_literal(pattern) }}, filename = true, union_by_name = true)
    {%- else -%}
        (select null as customer_key, null as customer_id, null as filename where false)
    {%- endif %}
    group by customer_key
{%- endmacro -%}


{#
    What became of the rows of the erasures file, as a relation: how many there are (name_count) by
    what names the customer (kind: key, email, phone, hash of a contact, or none of these) and by
    outcome:

    - found    somebody is erased, in this run or in an earlier one
    - shared   the phone of a counter or a family, which names no single person
    - unknown  no key has it
    - none     no key, and no e-mail or phone that could be one

    Only where there is such a file.
#}
{%- macro erasures_named() -%}
    {#- In a check, this makes both tables. -#}
    {%- set made_together = erased_hashes() -%}
    main.erasures_named
{%- endmacro -%}
