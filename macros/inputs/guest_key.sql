{#
    The key of a customer whom an order names by a contact alone, from its cleaned columns: that
    of the e-mail, else of what is written as a phone (customer_key), so that whoever later
    opens an account with it is the same person. What is typed for nobody is none.

    guest_key('customer_email_found', 'customer_phone_found')
    ann@example.com, +44 20 7946 0958  ->  c_5d41402abc4b2a76b9719d911017c592
    noreply@example.com                ->  null
#}
{%- macro guest_key(email, phone) -%}
    case
        {%- if email %}
        when {{ matches_pattern(email, '^[^@ ]+@[^@ ]+[.][^@ ]+$') }}
            and not {{ is_nobodys(email) }}
            then {{ customer_key(email) }}
        {%- endif %}
        {%- if phone %}
        when position('@' in {{ phone }}) = 0 and {{ is_contact(phone) }}
            then {{ customer_key(phone) }}
        {%- endif %}
    end
{%- endmacro -%}


{#
    The key of an input's customer as staging writes it, of the found column: a hash of a name
    where the dataset says so, and of an order line without a key that of its guest.

    staged_key('customer_id', 'order_lines', settings, extras)
#}
{%- macro staged_key(column, input, settings, extras={}) -%}
    {%- set found = column ~ '_found' -%}
    {%- set key = name_key(found) if settings.get('customer_is') == 'name' else customer_key(found) -%}
    {%- set email = 'customer_email_found' if 'customer_email' in extras -%}
    {%- set phone = 'customer_phone_found' if 'customer_phone' in extras -%}
    {%- if input == 'order_lines' and (email or phone) -%}
        coalesce(
            {{ key }},
            {{ guest_key(email, phone) }}
        )
    {%- else -%}
        {{ key }}
    {%- endif -%}
{%- endmacro -%}


{#
    Whether an e-mail is one that is typed where a person gives none; as NOBODY in
    targeted_lists/inputs/contacts.py.
#}
{%- macro is_nobodys(email) -%}
    coalesce(
        {{ matches_pattern(
            'lower(' ~ email ~ ')', '^(no-?reply|do-?not-?reply|none|no-?email)@'
        ) }}, false
    )
{%- endmacro -%}
