{#
    Bound of Wilson's 95 % interval of a share, which stays within 0 and 1 and has
    a width where nobody, or everybody, did it (Wilson 1927, JASA 22).

    wilson_bound('responses', 'contacted', 'lower')   0 of 10  ->  0.0
    wilson_bound('responses', 'contacted', 'upper')   0 of 10  ->  0.278
#}
{%- macro wilson_bound(successes, trials, side) -%}
    {%- set z = 1.959963984540054 -%}
    {%- set share -%} ({{ ratio(successes, trials) }}) {%- endset -%}
    {%- set number -%} nullif(cast({{ trials }} as double), 0) {%- endset -%}
    greatest(0, least(1, (
        {{ share }} + {{ z * z / 2 }} / {{ number }}
        {{ '-' if side == 'lower' else '+' }} {{ z }} * sqrt(
            {{ share }} * (1 - {{ share }}) / {{ number }}
            + {{ z * z / 4 }} / ({{ number }} * {{ number }})
        )
    ) / (1 + {{ z * z }} / {{ number }})))
{%- endmacro -%}
