{%- set settings = describe_inputs()['settings'] if execute else {} -%}
{%- set texts = [
    'order_id', 'product_id', 'product_name',
    'category_1', 'category_2', 'category_3', 'line_type', 'product_type',
    'delivery_method', 'payment_method', 'country', 'region', 'store_city',
] -%}
{#- Here the layout writes 0 for nothing. -#}
{%- set zero_means_nothing = [
    'cancel_reason', 'customer', 'phone', 'email', 'pickup_point',
] -%}
{%- set values = {
    'line_number': 'integer',
    'site_ordered_at': 'timestamp',
    'document_at': 'timestamp',
    'delivered_at': 'timestamp',
    'quantity': 'quantity',
    'quantity_sold': 'quantity',
    'unit_price': 'money',
    'line_amount': 'money',
    'unit_cost': 'money',
    'stated_margin': 'money',
} -%}
with

export_rows as (

    select * from {{ ref('stg_order_export__rows') }}

),

spellings as (

    select
        field,
        {{ spelling_key('spelling') }} as spelling,
        min(meaning) as meaning
    from {{ ref('order_export_spellings') }}
    group by all

),

cleaned as (

    select
        source_file,
        source_row,
        {%- for column in texts %}
        {{ clean_text(column, settings) }} as {{ column }},
        {%- endfor %}
        {%- for column in zero_means_nothing %}
        nullif({{ clean_text(column, settings) }}, '0') as {{ column }},
        {%- endfor %}
        {%- for column in values %}
        {{ clean_text(column, settings) }} as {{ column }}_text,
        {%- endfor %}
        coalesce(
            {{ clean_text('new_status', settings) }},
            {{ clean_text('status', settings) }}
        ) as status_text,
        {{ clean_text('is_cancelled', settings) }} as is_cancelled_text,
        row_fault
    from export_rows

),

cast_rows as (

    select
        cleaned.*,
        {%- for column, kind in values.items() %}
        {{ cast_text(column ~ '_text', kind, settings) }} as {{ column }},
        {%- endfor %}
        coalesce({{ phone_key('customer') }}, {{ phone_key('phone') }})
            as customer_id,
        statuses.meaning as known_status,
        cancellations.meaning = 'yes' as is_cancelled,
        coalesce(line_types.meaning, product_types.meaning) as service
    from cleaned
    left join spellings as statuses
        on statuses.field = 'status'
        and statuses.spelling = {{ spelling_key('cleaned.status_text') }}
    left join spellings as cancellations
        on cancellations.field = 'is_cancelled'
        and cancellations.spelling = {{ spelling_key('cleaned.is_cancelled_text') }}
    left join spellings as line_types
        on line_types.field = 'line_type'
        and line_types.spelling = {{ spelling_key('cleaned.line_type') }}
    left join spellings as product_types
        on product_types.field = 'line_type'
        and product_types.spelling = {{ spelling_key('cleaned.product_type') }}

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
    from cast_rows

),

faulted as (

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
        stated_margin,
        stated_margin_text,
        -- In a record that is broken the values may not be those of their columns.
        coalesce(row_fault, nullif(concat_ws(
            '; '
            {#- Nothing is made of the margin that the export states. #}
            {%- for column, kind in values.items() if column != 'stated_margin' %},
            {{ cast_fault(column, kind) }}
            {%- endfor %},
            {{ cast_fault('is_cancelled', 'boolean') }}
        ), '')) as source_fault
    from settled

)

select * from faulted
