{#
    What is saved of the key of a customer who asked to be erased: a salted
    hash, by which later data of the customer can be recognised and the customer
    cannot.

    erased_key('customer_id')   C00774  ->  e_5d41402abc4b2a76b9719d911017c592
#}
{%- macro erased_key(column) -%}
    'e_' || md5({{ key_salt() }} || {{ column }})
{%- endmacro -%}
