{#
    How many of so many customers may be offered the same product, by the var product_max_share.

    most_of_product('sizes.customers')
        ->  greatest(cast(ceil(0.1 * sizes.customers) as bigint), 1)
#}
{%- macro most_of_product(customers) -%}
    greatest(cast(ceil({{ var('product_max_share') }} * {{ customers }}) as bigint), 1)
{%- endmacro -%}
