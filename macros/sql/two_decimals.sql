{#
    A number in words with two decimals; null where it is unknown.

    two_decimals('psi')  ->  0.31
#}
{%- macro two_decimals(column) -%}
    cast(cast({{ column }} as decimal(18, 2)) as string)
{%- endmacro -%}
