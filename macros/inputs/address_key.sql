{#
    What stands for an address outside the schema private: a salted hash of it, the same for all
    texts that mean one address.

    address_key('address')   ann@example.com  ->  a_5d41402abc4b2a76b9719d911017c592
#}
{%- macro address_key(column) -%}
    'a_' || md5({{ key_salt() }} || {{ column }})
{%- endmacro -%}
