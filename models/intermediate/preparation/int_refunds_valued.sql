-- Which product a refund is of, and what it is worth.
{%- set columns = var('input_contract')['refunds'] | list %}
{%- set of_order = [
    'customer_id', 'channel', 'delivery_method', 'payment_method', 'country', 'region', 'city',
] %}
with

counted as (

    select
        *,
        -- Rows alike in one file are refunds of their own; in another file they are the same.
        row_number() over (
            partition by source_file, source_fault, {{ columns | join(', ') }} order by source_row
        ) as copy_number
    from {{ conformed('refunds') }}

),

refunds as (

    select
        *,
        max_by(source_file, {{ file_order('source_file') }}) over (
            partition by source_fault, copy_number, {{ columns | join(', ') }}
        ) as latest_file
    from counted

),

sales as (

    select * from {{ ref('int_refunded_sales') }}

),

orders as (

    select
        order_id,
        {%- for column in of_order %}
        max_by({{ column }}, (file_place, -source_row)) as {{ column }},
        {%- endfor %}
        max_by(order_currency, (file_place, -source_row)) as currency,
        max_by(order_tax_factor, (file_place, -source_row)) as tax_factor,
        min(ordered_at) as ordered_at,
        case when min(product_id) = max(product_id) then min(product_id) end as only_product_id,
        bool_and(coalesce(lower(status), '') in ('cancelled', 'returned')) as is_over
    from sales
    group by order_id

),

numbered_lines as (

    select
        order_id,
        line_number,
        max_by(product_id, (file_place, source_row)) as product_id
    from sales
    where line_number is not null
    group by order_id, line_number

),

unit_values as (

    select
        order_id,
        product_id,
        max_by(unit_value, (file_place, source_row)) as unit_value
    from sales
    group by order_id, product_id

),

found as (

    select
        refunds.*,
        orders.order_id is not null as has_order,
        coalesce(numbered_lines.product_id, refunds.product_id, orders.only_product_id)
            as known_product_id,
        {%- for column in of_order %}
        orders.{{ column }},
        {%- endfor %}
        orders.currency,
        orders.tax_factor,
        orders.ordered_at,
        orders.is_over
    from refunds
    left join orders
        on refunds.order_id = orders.order_id
    left join numbered_lines
        on refunds.order_id = numbered_lines.order_id
        and refunds.line_number = numbered_lines.line_number

),

valued as (

    select
        found.*,
        coalesce(found.quantity, 0) <> 0 and found.known_product_id is not null as has_units,
        -- Written above or below zero: money goes to the customer either way.
        cast(
            coalesce(
                abs(found.amount) * coalesce(found.tax_factor, 1),
                abs(found.quantity) * unit_values.unit_value
            ) as decimal(18, 4)
        ) as refund_value
    from found
    left join unit_values
        on found.order_id = unit_values.order_id
        and found.known_product_id = unit_values.product_id

)

select * from valued
