select
    source_file,
    order_id,
    ordered_at,
    stated,
    difference
from {{ ref('int_order_differences') }}
