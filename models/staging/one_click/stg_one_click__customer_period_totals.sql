with

market_money as (

    select * from {{ ref('stg_one_click__market_money') }}

)

select
    source_file,
    source_row,
    customer_id,
    {{ months_before('cast(period as bigint)') }} as period_start,
    cast(null as bigint) as orders,
    revenue,
    cast(null as decimal(18, 4)) as margin,
    period_repair as source_note,
    source_fault
from market_money
