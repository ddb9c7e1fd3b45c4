{#
    At most how many of a group's whole numbers differ, exactly how many where they lie in
    one block of 64 neighbours: a number is one bit of a mask, so nothing is held for it.

    having count(*) > coalesce({{ different_numbers('line_number') }}, 0)

    line_number     ->  different_numbers
    1, 2, 2, 65         2                   of 1, 2, 65: 65 has the bit of 1
    4, 5, 6             3
#}
{%- macro different_numbers(number) -%}
    {{- adapter.dispatch('different_numbers', 'targeted_lists')(number) -}}
{%- endmacro -%}


{%- macro default__different_numbers(number) -%}
    bit_count(bit_or(cast(1 as ubigint) << ({{ number }} & 63)))
{%- endmacro -%}


{%- macro spark__different_numbers(number) -%}
    bit_count(bit_or(shiftleft(cast(1 as bigint), cast({{ number }} & 63 as int))))
{%- endmacro -%}


{#  The block of 64 neighbours in which a whole number lies.  #}
{%- macro number_block(number) -%}
    {{- adapter.dispatch('number_block', 'targeted_lists')(number) -}}
{%- endmacro -%}


{%- macro default__number_block(number) -%}
    ({{ number }} >> 6)
{%- endmacro -%}


{%- macro spark__number_block(number) -%}
    shiftright({{ number }}, 6)
{%- endmacro -%}
