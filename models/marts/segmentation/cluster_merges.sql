with

ward_merges as (

    select * from {{ ref('ward_merges') }}

)

select
    left_node,
    right_node,
    cast(merge_number as bigint) as merge_number,
    cast(customers as bigint) as customers,
    cast(height as double) as height
from ward_merges
