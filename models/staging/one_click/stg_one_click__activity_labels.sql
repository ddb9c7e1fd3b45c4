with

market_file as (

    select * from {{ ref('stg_one_click__market_file') }}

)

select
    source_file,
    source_row,
    customer_id,
    {{ undated_as_of() }} as as_of_date,
    activity as label,
    activity_repair as source_note,
    source_fault
from market_file
