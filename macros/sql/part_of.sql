{#
    The part of an amount that some of its units have, rounded to money; all of
    it where all are requested, to the last digit.

    part_of('amount', 'units', 'all_units')

    amount   units  all_units  part
    10.0000  1      3          3.3333
    10.0000  3      3          10.0000
#}
{%- macro part_of(amount, units, all_units) -%}
    case
        when {{ units }} = {{ all_units }} then {{ amount }}
        else cast({{ amount }} * ({{ units }}) / {{ all_units }} as decimal(18, 4))
    end
{%- endmacro -%}
