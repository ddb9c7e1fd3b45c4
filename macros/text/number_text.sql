{#
    A number in words for a reason: whole from ten up, with one decimal from one, else with two
    digits that count, and no needless zero. Null stays null.

    84.3  ->  84      4.0  ->  4      2.25  ->  2.3      0.02  ->  0.02      0.0004  ->  0.0004
#}
{%- macro number_text(column) -%}
    case
        when abs({{ column }}) >= 9.95
            then cast(cast(round({{ column }}) as bigint) as string)
        else regexp_replace(
            case
                when abs({{ column }}) >= 0.995 or {{ column }} = 0
                    then cast(cast({{ column }} as decimal(18, 1)) as string)
                when abs({{ column }}) >= 0.0995
                    then cast(cast({{ column }} as decimal(18, 2)) as string)
                when abs({{ column }}) >= 0.00995
                    then cast(cast({{ column }} as decimal(18, 3)) as string)
                when abs({{ column }}) >= 0.000995
                    then cast(cast({{ column }} as decimal(18, 4)) as string)
                else cast(cast({{ column }} as decimal(18, 5)) as string)
            end,
            '[.]?0+$',
            ''
        )
    end
{%- endmacro -%}
