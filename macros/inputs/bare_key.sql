{#
    What is left of a customer key that is written in several ways: of digits those behind
    leading zeros, without blanks, brackets, dashes and plus; where they may be a phone, as
    the hash that customer_key makes of it. Two keys with one bare key may be one customer,
    and need not be.

    bare_key('customer_id')
    000123, 123                                           ->  123
    00447912000111, 447912000111, that of +447912000111   ->  c_11e4…
    C00123                                                ->  C00123
#}
{%- macro bare_key(column) -%}
    {%- set digits -%}
        ltrim(translate({{ column }}, ' ()+-' || chr(160), ''), '0')
    {%- endset -%}
    case
        when not {{ matches_pattern(column, '^[0-9 ()+\\-\\x{a0}]*[0-9]$') }} then {{ column }}
        when length({{ digits }}) < 7 then {{ digits }}
        else 'c_' || md5({{ key_salt() }} || {{ digits }})
    end
{%- endmacro -%}
