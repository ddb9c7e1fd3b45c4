{#
    The product of two amounts of money, for squares and their sums. Two decimals of
    eighteen digits would be held to eighteen, which a hundred thousand squared exceeds.

    product_of('revenue', 'revenue')   250000.0000  ->  62500000000.00000000
#}
{%- macro product_of(amount, other) -%}
    cast({{ amount }} as decimal(38, 4)) * {{ other }}
{%- endmacro -%}
