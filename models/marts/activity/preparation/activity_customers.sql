-- Who orders regularly, who spends in months without orders, and who has a label.
with

cutoffs as (

    select * from {{ ref('cutoffs_used') }}

),

labels as (

    select * from {{ ref('decline_labels') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

orders as (

    select * from {{ ref('activity_orders') }}

)

select
    levels.number,
    levels.customer_id
from {{ ref('activity_order_features') }} as levels
inner join cutoffs
    on levels.number = cutoffs.number
where cutoffs.is_current
    and levels.is_regular

union

select
    spend.number,
    spend.customer_id
from {{ ref('activity_spend_features') }} as spend
inner join cutoffs
    on spend.number = cutoffs.number
    and cutoffs.is_current
where spend.known_months > 1
    and spend.known_spend > 0
    and spend.customer_id not in (select orders.customer_id from orders)

union

select
    labels.number,
    labels.customer_id
from labels
where labels.label_source = 'derived'
    or labels.customer_id in (select customers.customer_id from customers)
