with

file_numbers as (

    {{ file_numbers(ref('stg_order_export__order_lines')) }}

),

order_lines as (

    select
        order_lines.*,
        (
            coalesce(order_lines.ordered_at, cast('1900-01-01' as timestamp)),
            file_numbers.file_number,
            order_lines.source_row
        ) as place
    from {{ ref('stg_order_export__order_lines') }} as order_lines
    inner join file_numbers
        on order_lines.source_file = file_numbers.source_file
    where order_lines.customer_id is not null
        and order_lines.source_fault is null

),

customers as (

    select
        max_by(source_file, place) as source_file,
        max_by(source_row, place) as source_row,
        {%- for column, kind in var('input_contract')['customers'].items() %}
        {%- if column == 'customer_id' %}
        customer_id,
        {%- elif column in ['email', 'phone', 'country', 'city'] %}
        max_by({{ column }}, place) filter (where {{ column }} is not null)
            as {{ column }},
        {%- else %}
        cast(null as {{ input_type(kind) }}) as {{ column }},
        {%- endif %}
        {%- endfor %}
        cast(null as string) as source_fault
    from order_lines
    group by customer_id

)

select * from customers
