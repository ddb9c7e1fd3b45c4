{{ config(materialized='ephemeral') }}
with

bought_lines as (

    select * from {{ ref('fct_order_lines') }}
    where customer_id is not null
        and is_bought
        {{ only_affected('customer_id') }}

),

cities as (

    select
        customer_id,
        city as member,
        sum(bought_revenue) as revenue
    from bought_lines
    group by customer_id, city

),

labels as (

    select * from {{ ref('customer_pivot_labels') }}
    where dimension = 'city'

)

select
    cities.customer_id,
    {{ revenue_by_place('city', 'cities.revenue') }}
from cities
left join labels
    on cities.member = labels.member
group by cities.customer_id
