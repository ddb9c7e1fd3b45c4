{{ config(materialized='ephemeral') }}
{% set dimensions = [
    'month', 'week', 'day', 'weekday', 'hour',
    'country', 'region', 'city', 'geography',
    'channel', 'delivery_method', 'payment_method',
] -%}
with

order_parts as (

    select * from {{ ref('sales_order_parts') }}

)

select
    case
        {%- for dimension in dimensions %}
        when grouping({{ dimension }}) = 0 then '{{ dimension }}'
        {%- endfor %}
    end as dimension,
    coalesce({{ dimensions | join(', ') }}) as member,
    {%- for basis in ['placed', 'bought'] %}
    sum({{ basis }}_lines) as {{ basis }}_lines,
    sum({{ basis }}_units) as {{ basis }}_units,
    sum({{ basis }}_revenue) as {{ basis }}_revenue,
    sum({{ basis }}_margin) as {{ basis }}_margin,
    sum({{ basis }}_revenue_of_known_margin) as {{ basis }}_revenue_of_known_margin,
    {%- endfor %}
    sum(refund) as returns_amount
from order_parts
group by grouping sets ( -- noqa: PRS
    {%- for dimension in dimensions %}
    ({{ dimension }}){{ ',' if not loop.last }}
    {%- endfor %}
)
