{#
    The most common value of a column in a customer's orders, on ties the last
    alphabetically; a customer without any value has no row.

    preferred_by_customer('orders', 'channel')

    customer_id  channel      customer_id  preferred_channel
    C1           app      ->  C1           web
    C1           web
#}
{%- macro preferred_by_customer(orders, column) -%}
    select
        customer_id,
        max_by({{ column }}, (orders, {{ column }})) as preferred_{{ column }}
    from (
        select
            customer_id,
            {{ column }},
            count(*) as orders
        from {{ orders }}
        where {{ column }} is not null
        group by customer_id, {{ column }}
    ) as counted
    group by customer_id
{%- endmacro -%}
