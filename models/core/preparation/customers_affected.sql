-- An order is its first line's customer's, so whose line stands next to a changed one may
-- have another order, too.
with

order_lines as (

    select
        order_id,
        customer_id
    from {{ ref('int_order_lines_validated') }}
    where customer_id is not null

),

-- Of whom a key went to another person nothing may stay.
left_persons as (

    select previous_customer_id as customer_id
    from {{ ref('int_persons_changed') }}
    where run_number > {{ watermark(affected_models()) or 0 }}

),

affected as (

    select * from {{ ref('int_order_lines_affected') }}

)

select
    customer_id,
    cast({{ run_number() }} as bigint) as run_number
from order_lines
where order_id in (select affected.order_id from affected)
group by customer_id

union

select
    customer_id,
    cast({{ run_number() }} as bigint) as run_number
from left_persons
