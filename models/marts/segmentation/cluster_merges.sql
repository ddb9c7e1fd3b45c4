with

merges as (

    select * from {{ ref('ward_merges') }}

)

select
    left_node,
    right_node,
    cast(merge as bigint) as merge_number,
    cast(customers as bigint) as customers,
    cast(height as double) as height
from merges
