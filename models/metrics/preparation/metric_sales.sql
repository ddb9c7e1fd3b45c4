-- Months and segments, and all of either: customers of several months count once in all.
{{ config(materialized='ephemeral') }}
with

orders as (

    select * from {{ ref('metric_orders') }}

)

select
    coalesce(month, 'all') as month,
    coalesce(segment, 'all') as segment,
    sum(revenue) as revenue,
    sum(margin) as margin,
    sum(orders) as orders,
    count(distinct customer_id) as customers,
    count(distinct customer_id) filter (where is_repeat) as repeat_customers
from orders
group by grouping sets ((), (month), (segment), (month, segment)) -- noqa: PRS
having count(*) > 0
