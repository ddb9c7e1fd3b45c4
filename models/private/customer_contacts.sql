with

customers as (

    select * from {{ ref('int_customers_validated') }}
    where decision = 'accepted'

)

select
    customer_id,
    email,
    phone,
    first_name
from customers
