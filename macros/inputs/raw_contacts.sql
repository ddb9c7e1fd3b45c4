{#
    The contacts of all keys in the raw files, as salted hashes alone, as a query:

    - key_hash       of the key; empty where a row has none
    - address_hash   of the e-mail or phone; empty where the key has none
    - address_kind   email or phone
    - text_hashes    of the text that was written, and of the key that is made of it;
                     `with_hashes` also of what advertising platforms make of the address,
                     as a key and as a text
    - is_holder      whether the customers file or order lines say so, which makes persons of keys
    - is_known       whether the key is in order lines, the customers file or totals

    What an earlier run has read of a text (int_contact_addresses) is taken over.
#}
{%- macro raw_contacts(with_hashes=false) -%}
    {%- set country = string_literal(var('default_country')) -%}
    {%- set known = run_query(
        "select schema_name from duckdb_tables() where table_name = 'int_contact_addresses' "
        ~ 'and database_name = current_database()'
    ).columns[0].values() -%}
    {%- set inputs = [] -%}
    {%- for input, contract in var('input_contract').items()
        if 'customer_id' in contract and input != 'erasures' and has_input(input) -%}
        {%- do inputs.append(input) -%}
    {%- endfor -%}
    with

    pairs as (

        {% for input in inputs -%}
        {{ contacts_of_input(input) }}
        {%- if not loop.last %}

        union

        {% endif -%}
        {%- else -%}
        select
            null as customer_key,
            null as contact_text,
            false as is_holder,
            false as is_known
        where false
        {%- endfor %}

    ),

    addresses as (

        select
            texts.contact_text,
            {% if known -%}
            case
                when known.contact_text is not null then known.address
                else contact_address(texts.contact_text, {{ country }})
            end as address
            {%- else -%}
            contact_address(texts.contact_text, {{ country }}) as address
            {%- endif %}
        from (select distinct contact_text from pairs where contact_text is not null) as texts
        {%- if known %}
        left join {{ quote_name(known[0]) }}.int_contact_addresses as known
            on texts.contact_text = known.contact_text
            and known.rules = contact_rules() || ' ' || {{ country }}
        {%- endif %}

    )

    select
        {{ erased_key('pairs.customer_key') }} as key_hash,
        {{ erased_key(address_key('addresses.address')) }} as address_hash,
        {{ address_kind('addresses.address') }} as address_kind,
        case when addresses.address is not null then [
            {{ erased_text('pairs.contact_text') }},
            case when {{ is_contact('pairs.contact_text') }} then
                {{ erased_key(customer_key('pairs.contact_text')) }}
            end
            {%- if with_hashes %}
            {%- for form in hashed_forms('addresses.address', 'pairs.contact_text') %},
            {{ erased_key('sha256(' ~ form ~ ')') }},
            {{ erased_text('sha256(' ~ form ~ ')') }}
            {%- endfor %}
            {%- endif %}
        ] end as text_hashes,
        bool_or(pairs.is_holder) as is_holder,
        bool_or(pairs.is_known) as is_known
    from pairs
    left join addresses
        on pairs.contact_text = addresses.contact_text
    group by all
{%- endmacro -%}


{#  The keys of an input with the texts that are their contacts, if there are any.  #}
{%- macro contacts_of_input(input) -%}
    {%- set described = describe_inputs() -%}
    {%- set settings = described['settings'] -%}
    {%- set contract = var('input_contract')[input] -%}
    {%- set extras = extra_columns(input, described) -%}
    {%- set is_of_lines = input == 'order_lines' -%}
    {%- set fields = described.get('order_fields', []) if is_of_lines else [] -%}
    {%- set contacts = (
        ['customer_email', 'customer_phone'] | select('in', extras) | list if is_of_lines
        else ['email', 'phone'] | select('in', contract) | list
    ) -%}
    {%- set keys = ['customer_id', 'other_customer_id'] | select('in', contract) | list -%}
    {%- set columns = keys + contacts + (['order_id'] if fields else []) -%}
    {%- set cleaned -%}
        (
            select
                source_file,
                source_row,
                {%- for column in columns %}
                {{ clean_text(column, settings) }} as {{ column }}_found{{ ',' if not loop.last }}
                {%- endfor %}
            from ({{ read_input(input, columns, by_line=not is_of_lines) }})
        )
    {%- endset -%}
    select distinct
        customer_key,
        unnest(contact_texts) as contact_text,
        {{ input in ['customers', 'order_lines'] }} as is_holder,
        {{ input in ['customers', 'order_lines', 'customer_totals'] }} as is_known
    from (
        {%- for key in keys %}
        select
            {{ staged_key(key, input, settings, extras) }} as customer_key,
            [
                case when {{ is_contact(key ~ '_found') }} then {{ key }}_found end
                {%- for column in contacts %},
                {{ column }}_found
                {%- endfor %}
            ] as contact_texts
        from (
            select distinct
                {%- for column in keys + contacts %}
                {{ column }}_found{{ ',' if not loop.last }}
                {%- endfor %}
            from ({{ filled_orders(cleaned, columns, fields) }})
        )
        {%- if not loop.last %}

        union

        {% endif -%}
        {%- endfor %}
    )
{%- endmacro -%}


{#
    What advertising platforms hash of a contact: the e-mail in lower case, of Gmail also without
    dots; the phone in E.164 with its plus, and its digits alone.
#}
{%- macro hashed_forms(address, written) -%}
    {%- set small -%} lower(trim({{ written }})) {%- endset -%}
    {%- set name -%} split_part({{ small }}, '@', 1) {%- endset -%}
    {{- return([
        address,
        "ltrim(" ~ address ~ ", '+')",
        small,
        "replace(" ~ address ~ ", '@gmail.com', '@googlemail.com')",
        "case when " ~ address ~ " like '%@gmail.com' then replace(" ~ name ~ ", '.', '') || '@' "
            ~ "|| split_part(" ~ small ~ ", '@', 2) else " ~ small ~ " end",
    ]) -}}
{%- endmacro -%}


{#  Whether a consent or a suppression names somebody by the hash of a contact, as a query.  #}
{%- macro has_contact_hashes() -%}
    {%- set settings = describe_inputs()['settings'] -%}
    select count(*) > 0 as has_hashes
    from (
        {%- for input in ['consents', 'suppressions'] %}
        {%- for column in ['customer_id', 'email', 'phone'] %}
        select {{ clean_text(column, settings) }} as contact_text
        from ({{ read_input(input, [column]) }})
        {{- ' union all ' if not loop.last }}
        {%- endfor %}
        {{- ' union all ' if not loop.last }}
        {%- endfor %}
    ) as texts
    where {{ is_contact_hash('contact_text') }}
{%- endmacro -%}
