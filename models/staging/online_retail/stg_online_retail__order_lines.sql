with

transactions as (

    select * from {{ ref('stg_online_retail__transactions') }}

),

cast_rows as (

    select
        source_file,
        source_row,
        nullif(trim(InvoiceNo), '') as order_id,
        nullif(trim(CustomerID), '') as customer_id,
        nullif(trim(StockCode), '') as product_id,
        nullif(trim(Description), '') as product_name,
        nullif(trim(Country), '') as country,
        {{ cast_text('Quantity', 'quantity', {}) }} as quantity,
        {{ cast_text('UnitPrice', 'money', {}) }} as unit_price,
        -- The csv writes 12/1/2010 8:26, the workbook a date of its own.
        {{ cast_text(
            'InvoiceDate', 'timestamp', {'timestamp_format': '%m/%d/%Y %H:%M'}
        ) }} as ordered_at,
        Quantity as quantity_text,
        UnitPrice as unit_price_text,
        InvoiceDate as ordered_at_text,
        row_fault
    from transactions

),

faulted as (

    select
        source_file,
        source_row,
        order_id,
        cast(null as bigint) as line_number,
        customer_id,
        ordered_at,
        cast(null as timestamp) as delivered_at,
        'delivered' as status,
        cast(null as string) as cancel_reason,
        product_id,
        product_name,
        cast(null as string) as category_1,
        cast(null as string) as category_2,
        cast(null as string) as category_3,
        quantity,
        unit_price,
        cast(null as decimal(18, 4)) as unit_cost,
        cast(null as decimal(18, 4)) as discount,
        cast(null as string) as channel,
        cast(null as string) as delivery_method,
        cast(null as string) as payment_method,
        country,
        cast(null as string) as region,
        cast(null as string) as city,
        nullif(concat_ws(
            '; ',
            row_fault,
            {{ cast_fault('quantity', 'number') }},
            {{ cast_fault('unit_price', 'number') }},
            {{ cast_fault('ordered_at', 'date') }}
        ), '') as source_fault
    from cast_rows

)

select * from faulted
