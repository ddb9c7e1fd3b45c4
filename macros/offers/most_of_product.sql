{#
    How many customers of a list may be offered the same product: the var product_max_share of what
    the list holds, which is its capacity or, without one, whoever is in it.

    most_of_product('lists.capacity', 'members')
        ->  greatest(cast(ceil(0.1 * coalesce(lists.capacity, members)) as bigint), 1)
#}
{%- macro most_of_product(capacity, customers) -%}
    greatest(
        cast(ceil({{ var('product_max_share') }} * coalesce({{ capacity }}, {{ customers }})) as bigint),
        1
    )
{%- endmacro -%}
