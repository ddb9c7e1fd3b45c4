{% set settings = describe_inputs()['settings'] if execute else {} -%}
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
        coalesce(
            {{ is_damaged_key('customer') }} or {{ is_damaged_key('phone') }}, false
        ) as is_key_damaged,
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

)

select
    *,
    -- In a record that is broken the values may not be those of their columns.
    coalesce(row_fault, nullif(concat_ws(
        '; ',
        {{ damaged_key_fault('order_id', found='order_id') }}
        {#- Nothing is made of the margin that the export states. #}
        {%- for column, kind in values.items() if column != 'stated_margin' %},
        {{ cast_fault(column, kind) }}
        {%- endfor %},
        {{ cast_fault('is_cancelled', 'boolean') }}
    ), '')) as source_fault
from cast_rows
