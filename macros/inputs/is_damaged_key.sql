{#
    Whether a spreadsheet made a rounded number of a text of digits: one digit, and an
    exponent with a sign or behind two decimals. Which of many keys it was, nobody can say.
    Codes such as 12E3, 1E5 and 1.5E3 are not written so and stay what they are.

    is_damaged_key('order_id')
    4.47912E+11, 4,47912e+11, 4.47912E11, 4E+11   ->  true
    12E3, 1E5, 1.5E3, 12.5E+3, 447912000111       ->  false
#}
{%- macro is_damaged_key(column) -%}
    (
        {{ may_be_damaged(column) }}
        and {{ matches_pattern(column, '^[1-9](([.,][0-9]+)?[eE][+]|[.,][0-9]{2,}[eE])[0-9]{1,3}$') }}
    )
{%- endmacro -%}


{#
    A sentence where the found text of a key is damaged, without the text: it may be what
    is left of a phone.

    damaged_key_fault('customer_id', found='customer_id_found')
        ->  customer_id was damaged by a spreadsheet
#}
{%- macro damaged_key_fault(column, found) -%}
    case
        when {{ is_damaged_key(found) }}
            then {{ text('{column} was damaged by a spreadsheet', column=string_literal(column)) }}
    end
{%- endmacro -%}


{#  What is quickly seen: few keys need the pattern.  #}
{%- macro may_be_damaged(column) -%}
    (
        {{ column }} like '_.%' or {{ column }} like '_,%'
        or {{ column }} like '_E+%' or {{ column }} like '_e+%'
    )
{%- endmacro -%}
