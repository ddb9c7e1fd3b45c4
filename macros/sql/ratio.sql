{#
    One number over another as a double; null where the divisor is zero.

    ratio('revenue', 'orders')  ->  46.21
#}
{%- macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro -%}
