{#
    What is saved of the key of a customer who asked to be erased: a salted
    hash, by which later data of the customer can be recognised and the customer
    cannot. Of an address it is that of its address_key.

    erased_key('customer_id')   C00774  ->  e_5d41402abc4b2a76b9719d911017c592
#}
{%- macro erased_key(column) -%}
    'e_' || md5({{ key_salt() }} || {{ column }})
{%- endmacro -%}


{#
    The same of an e-mail or a phone as a file has it: not to be taken for a key that is
    written alike.

    erased_text('email')   Ann@example.com  ->  e_973dfe463ec85785f5f95af5ba3906ee
#}
{%- macro erased_text(column) -%}
    'e_' || md5({{ key_salt() }} || 'text ' || lower({{ column }}))
{%- endmacro -%}


{#
    What is staged of a key, an e-mail or a phone that an erasure names: the hash of the key, or
    of the address; of what is no address that of the text.

    named_hash('email', settings)
#}
{%- macro named_hash(column, settings) -%}
    {%- set found = column ~ '_found' -%}
    {%- if column == 'customer_id' -%}
        {{ erased_key(staged_key(column, 'erasures', settings)) }}
    {%- else -%}
        {{ erased_key(
            'coalesce(' ~ address_key(
                'contact_address(' ~ found ~ ', ' ~ string_literal(var('default_country')) ~ ')'
            ) ~ ', lower(' ~ found ~ '))'
        ) }}
    {%- endif -%}
{%- endmacro -%}
