-- Overlapping exports: a later file replaces the line it repeats, or the whole
-- order where lines have no number. An order line is compared with others only when it is
-- sound itself.
with

file_numbers as (

    {{ file_numbers(conformed('order_lines')) }}

),

order_files as (

    select * from {{ ref('int_order_files') }}

),

order_lines as (
{{ faulted_order_lines() }}

),

latest as (

    select
        order_lines.order_id,
        order_lines.line_number,
        case
            when bool_or(order_lines.line_number is null) over (partition by order_lines.order_id)
                then max(max(file_numbers.file_number)) over (partition by order_lines.order_id)
            else max(file_numbers.file_number)
        end as file_number
    from order_lines
    inner join file_numbers
        on order_lines.source_file = file_numbers.source_file
    where order_lines.fault is null
        and order_lines.input = 'order_lines'
        and order_lines.order_id in (
            select order_files.order_id from order_files
            where order_files.is_in_several_files
        )
    group by order_lines.order_id, order_lines.line_number

)

select
    latest.order_id,
    latest.line_number,
    file_numbers.source_file as latest_file
from latest
inner join file_numbers
    on latest.file_number = file_numbers.file_number
