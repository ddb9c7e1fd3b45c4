-- Overlapping exports: a later file replaces the line it repeats, or the whole
-- order where lines have no number. An order line is compared with others only when it is
-- sound itself.
with

order_files as (

    select * from {{ ref('int_order_files') }}

),

order_lines as (
{{ faulted_order_lines() }}

)

select
    order_id,
    line_number,
    case
        when bool_or(line_number is null) over (partition by order_id)
            then max(max(source_file)) over (partition by order_id)
        else max(source_file)
    end as latest_file
from order_lines
where fault is null
    and input = 'order_lines'
    and order_id in (
        select order_files.order_id from order_files
        where order_files.is_in_several_files
    )
group by order_id, line_number
