select
    order_id,
    min(source_file) <> max(source_file) as is_in_several_files,
    -- Copies have the same number, if any.
    count(*) > coalesce(greatest({{ different_numbers('line_number') }}, 1), 1)
        as may_have_copies
from {{ order_lines_to_validate() }}
where order_id is not null
    and input = 'order_lines'
group by order_id
