with

judged as (

    select * from {{ ref('int_order_lines_judged') }}

)

select
    source_file,
    source_row,
    order_line_id,
    decision,
    reason,
    quantity,
    amount
from judged
