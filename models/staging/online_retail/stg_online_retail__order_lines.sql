{{ config(materialized='incremental') }}
{%- set settings = describe_inputs()['settings'] if execute else {} -%}
with

transactions as (

    select * from {{ ref('stg_online_retail__transactions') }}
    {%- if is_incremental() %}
    where {{ is_of_new_file() }}
    {%- endif %}

),

cleaned as (

    select
        source_file,
        source_row,
        {{ clean_text('InvoiceNo', settings) }} as order_id,
        {{ clean_text('CustomerID', settings) }} as customer_id_text,
        {{ clean_text('StockCode', settings) }} as product_id,
        {{ clean_text('Description', settings) }} as product_name,
        {{ clean_text('Country', settings) }} as country,
        {{ clean_text('Quantity', settings) }} as quantity_text,
        {{ clean_text('UnitPrice', settings) }} as unit_price_text,
        {{ clean_text('InvoiceDate', settings) }} as ordered_at_text,
        row_fault
    from transactions

),

cast_rows as (

    select
        *,
        {{ customer_key('customer_id_text') }} as customer_id,
        coalesce({{ is_damaged_key('customer_id_text') }}, false) as has_damaged_key,
        {{ cast_text('quantity_text', 'quantity', settings) }} as quantity,
        {{ cast_text('unit_price_text', 'money', settings) }} as unit_price,
        {{ cast_text('ordered_at_text', 'timestamp', settings) }} as ordered_at
    from cleaned

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
        has_damaged_key,
        nullif(concat_ws(
            '; ',
            row_fault,
            {{ damaged_key_fault('order_id', found='order_id') }},
            {{ cast_fault('quantity', 'quantity') }},
            {{ cast_fault('unit_price', 'money') }},
            {{ cast_fault('ordered_at', 'timestamp') }}
        ), '') as source_fault
    from cast_rows

)

select * from faulted
