with

customers as (

    select {{ bare_key('customer_id') }} as bare_key
    from {{ ref('dim_customers') }}

),

doubled as (

    select count(*) as key_count
    from customers
    group by bare_key
    having count(*) > 1

)

select
    cast(coalesce(sum(key_count), 0) as bigint) as key_count,
    count(*) as customer_count
from doubled
