-- Where an order moves to another month, the line that had placed it was touched, so
-- both months are here.
{{ config(post_hook='{{ note_built() }}') }}
with

touched as (

    select * from {{ ref('int_order_lines_touched') }}

),

orders as (

    select
        order_id,
        ordered_at
    from {{ ref('fct_orders') }}

),

months as (

    select {{ month_start('ordered_at') }} as order_month
    from touched
    where ordered_at is not null

    union

    select {{ month_start('ordered_at') }} as order_month
    from orders
    where order_id in (select touched.order_id from touched)

)

select
    order_month,
    cast({{ run_number() }} as bigint) as run_number
from months
