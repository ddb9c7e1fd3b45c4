with

rows_cast as (

    select * from {{ ref('stg_order_export__rows_cast') }}

),

-- Either word of a cancellation is enough. A line that was delivered in spite of
-- a reason for cancelling it was placed, and not bought. Without a status, a date
-- of delivery says that the line was delivered.
settled as (

    select
        *,
        case
            when status_text is not null and known_status is null then status_text
            when is_cancelled or known_status = 'cancelled' then 'cancelled'
            when known_status = 'returned' then 'returned'
            when cancel_reason is not null then 'placed'
            when known_status is not null then known_status
            when delivered_at is not null then 'delivered'
            else 'placed'
        end as settled_status,
        -- The line sum is what was paid; the price of a unit is made from it where
        -- the export has none, and what it is below price x quantity is a discount.
        case
            when coalesce(unit_price, 0) = 0
                and line_amount <> 0
                and quantity <> 0
                then try_cast(abs(line_amount / quantity) as decimal(18, 4))
            else unit_price
        end as price
    from rows_cast

)

select
    source_file,
    source_row,
    order_id,
    line_number,
    customer_id,
    coalesce(site_ordered_at, document_at) as ordered_at,
    -- Before that, a date of delivery is a plan.
    case when settled_status in ('delivered', 'returned') then delivered_at end
        as delivered_at,
    settled_status as status,
    cancel_reason,
    product_id,
    product_name,
    category_1,
    category_2,
    category_3,
    quantity,
    price as unit_price,
    unit_cost,
    case
        when quantity <> 0
            then try_cast(
                cast(abs(quantity) as decimal(38, 3)) * price
                - sign(price) * abs(line_amount)
                as decimal(18, 4)
            )
    end as discount,
    case when store_city = '0' then 'internet' when store_city <> '' then 'store' end
        as channel,
    coalesce(
        delivery_method,
        case when pickup_point is not null then 'pick-up point' end
    ) as delivery_method,
    payment_method,
    country,
    region,
    nullif(store_city, '0') as city,
    service as line_service,
    email,
    phone,
    -- What the customer did not take at the door.
    case
        when settled_status = 'delivered' and quantity_sold < quantity
            then quantity - greatest(quantity_sold, 0)
    end as refused_quantity,
    customer_id is null and is_key_damaged as has_damaged_key,
    stated_margin,
    stated_margin_text,
    source_fault
from settled
