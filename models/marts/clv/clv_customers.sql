{% set horizons = [90, 365] -%}
with

scores as (

    select * from {{ ref('ml_clv_customers') }}

),

histories as (

    select * from {{ ref('clv_histories') }}
    where period = 'now'

)

select
    scores.customer_id,
    histories.source,
    scores.method,
    scores.margin_method,
    scores.reason as reason_code,
    {{ clv_reason('scores.reason') }} as reason,
    scores.margin_reason as margin_reason_code,
    {{ clv_reason('scores.margin_reason') }} as margin_reason,
    {{ null_if_nan('scores.p_alive') }} as p_alive,
    {{ null_if_nan('scores.p_order') }} as p_order,
    {%- for days in horizons %}
    {%- for measure in ['orders', 'margin'] %}
    {%- for end in ['', '_lower', '_upper'] %}
    {%- set column = measure ~ '_' ~ days ~ '_days' ~ end %}
    {{ null_if_nan('scores.' ~ column) }} as {{ column }},
    {%- endfor %}
    {%- endfor %}
    {%- endfor %}
    -- Of a customer whose margin is expected, that of one order.
    case when scores.orders_365_days > 0
        then {{ null_if_nan('scores.margin_365_days / scores.orders_365_days') }}
    end as order_margin,
    {%- for end in ['', '_lower', '_upper'] %}
    cast({{ days_after('histories.cut_at', 'cast(ceil(' ~ null_if_nan('scores.next_order_days' ~ end) ~ ') as bigint)') }} as date)
        as next_order_date{{ end }}{{ ',' if not loop.last }}
    {%- endfor %}
from scores
inner join histories
    on scores.customer_id = histories.customer_id
