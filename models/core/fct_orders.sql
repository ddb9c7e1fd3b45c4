-- An adding run rebuilds the orders with a changed line.
{{ config(
    materialized='incremental',
    incremental_strategy='affected',
    unique_key='order_id'
) }}
with

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_modelled
        {{ only_affected('order_id') }}

),

-- An order belongs to the customer and the place of its first line.
orders as (

    select
        order_id,
        {%- for column in [
            'customer_id', 'channel', 'delivery_method', 'payment_method',
            'country', 'region', 'city',
        ] %}
        min_by({{ column }}, order_line_id) as {{ column }},
        {%- endfor %}
        count(*) as lines,
        {%- for basis in ['placed', 'bought'] %}
        count(*) filter (where is_{{ basis }}) as {{ basis }}_lines,
        sum({{ basis }}_units) as {{ basis }}_units,
        sum({{ basis }}_revenue) as {{ basis }}_revenue,
        sum({{ basis }}_margin) as {{ basis }}_margin,
        sum({{ basis }}_margin_estimate) as {{ basis }}_margin_estimate,
        {%- endfor %}
        sum(refund) as refund,
        bool_or(is_placed) as is_placed,
        bool_or(is_bought) as is_bought,
        bool_or(is_return) as has_return,
        bool_and(is_cancelled) as is_cancelled,
        min(ordered_at) as ordered_at,
        max(delivered_at) as delivered_at
    from order_lines
    group by order_id

)

select
    order_id,
    customer_id,
    channel,
    delivery_method,
    payment_method,
    country,
    region,
    city,
    lines,
    {%- for basis in ['placed', 'bought'] %}
    {{ basis }}_lines,
    cast({{ basis }}_units as decimal(18, 3)) as {{ basis }}_units,
    cast({{ basis }}_revenue as decimal(18, 4)) as {{ basis }}_revenue,
    cast({{ basis }}_margin as decimal(18, 4)) as {{ basis }}_margin,
    cast({{ basis }}_margin_estimate as decimal(18, 4)) as {{ basis }}_margin_estimate,
    {%- endfor %}
    cast(refund as decimal(18, 4)) as refund,
    is_placed,
    is_bought,
    has_return,
    is_cancelled,
    ordered_at,
    delivered_at
from orders
