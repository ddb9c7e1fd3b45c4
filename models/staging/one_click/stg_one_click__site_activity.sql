-- Minutes are known by month; what else is known of visits is a state of today,
-- and stands with the last month.
with

market_time as (

    select * from {{ ref('stg_one_click__market_time') }}

),

market_file as (

    select * from {{ ref('stg_one_click__market_file') }}
    where source_fault is null
    qualify row_number() over (
        partition by customer_id
        order by {{ file_order('source_file') }} desc, source_row desc
    ) = 1

)

select
    market_time.source_file,
    market_time.source_row,
    market_time.customer_id,
    {{ months_before('cast(market_time.period as bigint)') }} as period_start,
    cast(null as bigint) as visits,
    market_time.minutes,
    market_file.pages_per_visit,
    market_file.categories_per_visit,
    market_file.unpaid_items,
    market_file.service_errors,
    market_file.marketing_contacts,
    market_time.period_repair as source_note,
    market_time.source_fault
from market_time
left join market_file
    on market_time.customer_id = market_file.customer_id
    and market_time.period = '0'
