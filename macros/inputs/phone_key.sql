{#
    A customer key made of a phone, coded or not: a salted hash of it without blanks,
    brackets and dashes, so a phone has one key however it is written, the same
    as from customer_key. Zeros, and what has no digit or other letters than a
    to z (a name), are nobody, and so is a number that a spreadsheet rounded.

    phone_key('phone')
    79995551111          ->  c_1ac5…
    +7 (999) 555-11-11   ->  c_1ac5…
    0, n/a, Анна 2, 7.99956E+10  ->  null
#}
{%- macro phone_key(column) -%}
    {%- set code -%}
        translate({{ column }}, ' ().+-' || chr(160), '')
    {%- endset -%}
    case
        when {{ is_damaged_key(column) }} then null
        when {{ matches_pattern(code, '^[0-9A-Za-z]*[1-9][0-9A-Za-z]*$') }}
            then 'c_' || md5(
                {{ key_salt() }} || lower({{ code }})
            )
    end
{%- endmacro -%}
