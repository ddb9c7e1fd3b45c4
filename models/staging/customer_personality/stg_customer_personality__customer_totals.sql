with

customers as (

    select * from {{ ref('stg_customer_personality__marketing_campaign') }}

)

select
    source_file,
    source_row,
    customer_id,
    as_of_date,
    recency_days,
    web_orders + catalog_orders + store_orders as orders,
    wines + fruits + meat + fish + sweets + gold as revenue,
    cast(null as decimal(18, 4)) as margin,
    {{ elapsed_days('registered_at', 'as_of_date') }} as tenure_days,
    source_note,
    source_exclusion,
    source_fault
from customers
