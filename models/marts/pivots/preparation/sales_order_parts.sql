-- What all lines of an order share, its time and place, is grouped by order first, which
-- leaves few rows. Where an order's lines differ in time or place it has several parts.
{{ config(materialized='ephemeral') }}
with

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_modelled

),

order_parts as (

    select
        order_id,
        customer_id,
        country,
        region,
        city,
        channel,
        delivery_method,
        payment_method,
        date_trunc('hour', ordered_at) as ordered_hour,
        {%- for basis in ['placed', 'bought'] %}
        count(*) filter (where is_{{ basis }}) as {{ basis }}_lines,
        sum({{ basis }}_units) as {{ basis }}_units,
        sum({{ basis }}_revenue) as {{ basis }}_revenue,
        sum({{ basis }}_margin) as {{ basis }}_margin,
        sum({{ basis }}_revenue) filter (where {{ basis }}_margin is not null)
            as {{ basis }}_revenue_of_known_margin,
        {%- endfor %}
        sum(refund) as refund
    from order_lines
    group by
        order_id,
        customer_id,
        country,
        region,
        city,
        channel,
        delivery_method,
        payment_method,
        ordered_hour

)

select
    order_id,
    customer_id,
    {{ month_label('ordered_hour') }} as month,
    {{ week_label('ordered_hour') }} as week,
    {{ day_label('ordered_hour') }} as day,
    {{ weekday_label('ordered_hour') }} as weekday,
    {{ hour_label('ordered_hour') }} as hour,
    country,
    region,
    city,
    nullif(concat_ws(' / ', country, region, city), '') as geography,
    channel,
    delivery_method,
    payment_method,
    {%- for basis in ['placed', 'bought'] %}
    {{ basis }}_lines,
    {{ basis }}_units,
    {{ basis }}_revenue,
    {{ basis }}_margin,
    {{ basis }}_revenue_of_known_margin,
    {%- endfor %}
    refund
from order_parts
