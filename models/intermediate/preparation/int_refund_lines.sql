-- What the input refunds gives back, as order lines: units of a product with their money, or
-- money alone, of a product or of the order as a whole. A refund is of its order's customer,
-- currency and place.
with

valued as (

    select * from {{ ref('int_refunds_valued') }}

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
    false as has_damaged_key,
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
