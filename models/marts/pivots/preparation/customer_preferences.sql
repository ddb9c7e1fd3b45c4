-- Habits go by placed orders.
{{ config(materialized='ephemeral') }}
{% set preferences = [
    'weekday', 'hour', 'city', 'channel', 'delivery_method', 'payment_method',
] -%}
with

orders as (

    select
        *,
        {{ weekday_label('ordered_at') }} as weekday,
        {{ hour_label('ordered_at') }} as hour
    from {{ ref('fct_orders') }}
    where customer_id is not null
        and is_placed
        {{ only_affected('customer_id') }}

),

{% for preference in preferences -%}
preferred_{{ preference }}s as (

    {{ preferred_by_customer('orders', preference) }}

),

{% endfor -%}
customers as (

    select distinct customer_id from orders

)

select
    customers.customer_id,
    {%- for preference in preferences %}
    preferred_{{ preference }}s.preferred_{{ preference }}{{ ',' if not loop.last }}
    {%- endfor %}
from customers
{%- for preference in preferences %}
left join preferred_{{ preference }}s
    on customers.customer_id = preferred_{{ preference }}s.customer_id
{%- endfor %}
