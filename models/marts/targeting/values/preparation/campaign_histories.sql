-- What was known of the customers of past campaigns at the moment of the send.
with

customers as (

    select
        campaign_id,
        customer_id,
        window_start_at
    from {{ ref('campaign_customers') }}
    where arm <> 'unassigned'

),

orders as (

    select
        customer_id,
        cast(ordered_at as date) as order_day
    from {{ ref('fct_orders') }}
    where is_placed
        and customer_id is not null

),

older_customers as (

    select * from {{ ref('clv_older_customers') }}

),

histories as (

    select
        customers.campaign_id,
        customers.customer_id,
        customers.window_start_at,
        count(distinct orders.order_day) as order_days,
        {{ elapsed_days('min(orders.order_day)', 'max(orders.order_day)') }} as active_days,
        {{ elapsed_days('min(orders.order_day)', 'customers.window_start_at') }} as tenure_days
    from customers
    inner join orders
        on customers.customer_id = orders.customer_id
        and cast(customers.window_start_at as date) > orders.order_day
    group by customers.campaign_id, customers.customer_id, customers.window_start_at

)

select
    histories.campaign_id,
    histories.customer_id,
    histories.order_days - 1 as repeat_orders,
    cast(histories.active_days as double) / 7 as recency_weeks,
    cast(histories.tenure_days as double) / 7 as age_weeks,
    older_customers.customer_id is not null as is_older_than_files,
    cast(histories.window_start_at as date) as moment_date
from histories
left join older_customers
    on histories.customer_id = older_customers.customer_id
