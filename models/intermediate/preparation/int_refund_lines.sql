-- What the input refunds gives back, as order lines: units of a product with their money, or
-- money alone, of a product or of the order as a whole. A refund is of its order's customer,
-- currency and place.
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
        max(source_file) over (
            partition by source_fault, copy_number, {{ columns | join(', ') }}
        ) as latest_file
    from counted

),

sales as (

    select
        *,
        {{ adapter_column('currency', 'string') }} as order_currency,
        {{ adapter_column('tax_factor', 'rate') }} as order_tax_factor,
        {{ amount_of('quantity', 'unit_price', 'discount') }} / quantity as unit_value
    from {{ conformed('order_lines') }}
    where source_fault is null
        and quantity > 0
        and order_id in (select refunds.order_id from refunds)

),

orders as (

    select
        order_id,
        {%- for column in of_order %}
        max_by({{ column }}, (source_file, -source_row)) as {{ column }},
        {%- endfor %}
        max_by(order_currency, (source_file, -source_row)) as currency,
        max_by(order_tax_factor, (source_file, -source_row)) as tax_factor,
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
        max_by(product_id, (source_file, source_row)) as product_id
    from sales
    where line_number is not null
    group by order_id, line_number

),

unit_values as (

    select
        order_id,
        product_id,
        max_by(unit_value, (source_file, source_row)) as unit_value
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

),

priced as (

    select
        *,
        case
            -- Rounded up: what is too much for the refund's value is a discount.
            when has_units then cast(
                ceil(refund_value / abs(quantity) * 10000) / 10000 as decimal(18, 4)
            )
            else refund_value
        end as unit_price
    from valued

)

select
    source_file,
    source_row,
    order_id,
    line_number,
    customer_id,
    refunded_at as ordered_at,
    refunded_at as delivered_at,
    -- Of an order that never stood or came back as a whole it says what is known already.
    case when is_over then 'cancelled' else 'delivered' end as status,
    cast(null as string) as cancel_reason,
    coalesce(known_product_id, 'REFUND') as product_id,
    {%- for column in ['product_name', 'category_1', 'category_2', 'category_3'] %}
    cast(null as string) as {{ column }},
    {%- endfor %}
    cast(case when has_units then -abs(quantity) else -1 end as decimal(18, 3)) as quantity,
    unit_price,
    cast(null as decimal(18, 4)) as unit_cost,
    case
        when has_units then cast(abs(quantity) * unit_price - refund_value as decimal(18, 4))
    end as discount,
    channel,
    delivery_method,
    payment_method,
    country,
    region,
    city,
    cast(null as string) as line_service,
    currency,
    cast(null as decimal(18, 4)) as order_stated,
    cast(null as decimal(18, 4)) as order_difference,
    cast(null as decimal(18, 8)) as tax_factor,
    case
        when source_fault is not null then source_fault
        when order_id is null then {{ text('no {column}', column="'order_id'") }}
        when refunded_at is null then {{ text('no {column}', column="'refunded_at'") }}
        when refund_value is null
            then {{ text('neither an amount nor units of a product of the order') }}
    end as source_fault,
    coalesce(ordered_at, refunded_at) as priced_at,
    not has_units as is_money_refund,
    case when latest_file <> source_file then latest_file end as repeated_in
from priced
