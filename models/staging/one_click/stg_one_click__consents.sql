with

market_file as (

    select * from {{ ref('stg_one_click__market_file') }}

)

select
    source_file,
    source_row,
    customer_id,
    'any' as channel,
    cast(null as string) as purpose,
    permission as status,
    'market_file' as source,
    cast(null as timestamp) as event_at,
    cast(null as string) as email,
    cast(null as string) as phone,
    permission_repair as source_note,
    source_fault
from market_file
