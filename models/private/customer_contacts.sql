with

customers as (

    select * from {{ ref('int_customers_judged') }}
    where decision = 'kept'

)

select
    customer_id,
    email,
    phone
from customers
