with

money as (

    select * from {{ ref('stg_one_click__money') }}

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
    money.source_file,
    money.source_row,
    money.customer_id,
    {{ undated_as_of() }} as as_of_date,
    cast(null as bigint) as recency_days,
    cast(null as bigint) as orders,
    cast(null as decimal(18, 4)) as revenue,
    money.profit as margin,
    market_file.tenure_days,
    money.source_fault
from money
left join market_file
    on money.customer_id = market_file.customer_id
