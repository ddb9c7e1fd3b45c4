with

customers as (

    select * from {{ ref('stg_customer_personality__marketing_campaign') }}

)

select
    source_file,
    source_row,
    customer_id,
    as_of_date - interval '1 month' as period_start,
    web_visits as visits,
    cast(null as decimal(18, 3)) as minutes,
    cast(null as decimal(18, 3)) as pages_per_visit,
    cast(null as decimal(18, 3)) as categories_per_visit,
    cast(null as bigint) as unpaid_items,
    cast(null as bigint) as service_errors,
    cast(null as bigint) as marketing_contacts,
    source_note,
    source_exclusion,
    source_fault
from customers
