with

file_numbers as (

    {{ file_numbers(ref('stg_order_export__order_lines')) }}

),

order_lines as (

    select
        *,
        (
            coalesce(ordered_at, cast('1900-01-01' as timestamp)),
            file_number,
            source_row
        ) as place
    from {{ ref('stg_order_export__order_lines') }}
    inner join file_numbers using (source_file)
    where customer_id is not null
        and source_fault is null

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
