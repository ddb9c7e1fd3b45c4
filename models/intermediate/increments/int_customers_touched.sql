-- An order is its first line's customer's, so whose line stands beside a touched one may
-- have another order, too.
{{ config(post_hook='{{ note_built() }}') }}
with

order_lines as (

    select
        order_id,
        customer_id
    from {{ ref('int_order_lines_judged') }}
    where customer_id is not null

),

touched as (

    select * from {{ ref('int_order_lines_touched') }}

)

select
    customer_id,
    cast({{ run_number() }} as bigint) as run_number
from order_lines
where order_id in (select touched.order_id from touched)
group by customer_id
