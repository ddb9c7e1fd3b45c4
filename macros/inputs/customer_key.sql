{#
    A customer key that carries no personal data and is written one way: an
    e-mail or a phone number used as the key is replaced by a salted hash, a
    whole number that a spreadsheet wrote as 1042.0 is one again. Zero, like the empty
    key, is nobody, in every input and however it is written, and so is a number that a
    spreadsheet rounded (is_damaged_key).

    customer_id        ->  customer_id
    1042                   1042
    ann@example.com        c_5d41402abc4b2a76b9719d911017c592
    0, 00, 0.00
    4.47912E+11
#}
{%- macro customer_key(column) -%}
    case
        {#- No contact is so short: most keys need no further check. #}
        when length({{ column }}) < 8 and {{ column }} not like '%.0' and {{ column }} not like '0%'
            and not {{ may_be_damaged(column) }}
            then {{ column }}
        when {{ column }} like '0%' and {{ matches_pattern(column, '^0+([.]0+)?$') }} then null
        when {{ is_damaged_key(column) }} then null
        when length({{ column }}) < 8 and {{ column }} not like '%.0' then {{ column }}
        when position('@' in {{ column }}) > 0
            then 'c_' || md5({{ key_salt() }} || lower({{ column }}))
        when {{ is_contact(column) }}
            then 'c_' || md5(
                {{ key_salt() }}
                || regexp_replace({{ column }}, '[^0-9]', '', 'g')
            )
        when {{ column }} like '%.0'
            then regexp_replace({{ column }}, '^([0-9]+)[.]0$', '\1')
        else {{ column }}
    end
{%- endmacro -%}
