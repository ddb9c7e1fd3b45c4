-- What is left of a sale after each return, so that the costs of what came back sum to
-- those of the whole.
{{ config(materialized='ephemeral') }}
select
    sale_line_id,
    quantity,
    revenue,
    sum(quantity) over (
        partition by sale_line_id
        order by returned_at, return_line_id
        rows between unbounded preceding and current row
    ) as quantity_so_far,
    returned_at
from {{ ref('int_return_matches') }}
where not is_written_twice
