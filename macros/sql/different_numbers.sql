{#
    Upper bound of a group's distinct whole numbers, exact where they are in one
    block of 64 neighbours: a number is one bit of a mask, so nothing is held
    for it.

    having count(*) > coalesce({{ different_numbers('line_number') }}, 0)

    line_number     ->  different_numbers
    1, 2, 2, 65         2                   of 1, 2, 65: 65 has the bit of 1
    4, 5, 6             3
#}
{%- macro different_numbers(number) -%}
    bit_count(bit_or({{ number_bit(number) }}))
{%- endmacro -%}


{#  The mask bit of a whole number in its block of 64.  #}
{%- macro number_bit(number) -%}
    {{- adapter.dispatch('number_bit', 'targeted_lists')(number) -}}
{%- endmacro -%}


{%- macro default__number_bit(number) -%}
    (cast(1 as ubigint) << cast({{ number }} & 63 as ubigint))
{%- endmacro -%}


{%- macro spark__number_bit(number) -%}
    shiftleft(cast(1 as bigint), cast({{ number }} & 63 as int))
{%- endmacro -%}


{#  The block of 64 neighbours of a whole number.  #}
{%- macro number_block(number) -%}
    {{- adapter.dispatch('number_block', 'targeted_lists')(number) -}}
{%- endmacro -%}


{%- macro default__number_block(number) -%}
    ({{ number }} >> 6)
{%- endmacro -%}


{%- macro spark__number_block(number) -%}
    shiftright({{ number }}, 6)
{%- endmacro -%}
