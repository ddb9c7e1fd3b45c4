with

customer_totals as (

    select * from {{ ref('int_customer_totals') }}
    where rfm_skip_reason is not null

)

select
    basis,
    customer_id,
    source,
    rfm_skip_reason as reason
from customer_totals
