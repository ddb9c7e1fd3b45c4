-- What is known of a customer at the end of a span, and what came in the time after it.
{{ config(materialized='table_in_place') }}
{%- set windows = [4, 13, 26, 52] %}
with

spans as (

    select * from {{ ref('clv_spans') }}

),

order_days as (

    select * from {{ ref('clv_order_days') }}

),

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'
        and source = 'totals'
        and orders > 0

),

aged as (

    select
        order_days.*,
        {{ elapsed_days('order_days.order_day', 'spans.cut_at') }} as age_days
    from order_days
    inner join spans
        on order_days.span_name = spans.span_name

),

histories as (

    select
        span_name,
        customer_id,
        min(order_day) as first_order_day,
        count(*) as order_days,
        max(age_days) - min(age_days) as active_days,
        max(age_days) as tenure_days,
        {%- for weeks in windows %}
        count(*) filter (where age_days <= {{ 7 * weeks }}) as orders_last_{{ weeks }}_weeks,
        sum(margin) filter (where age_days <= {{ 7 * weeks }}) as margin_last_{{ weeks }}_weeks,
        {%- endfor %}
        sum(revenue) as revenue,
        sum(margin) as margin
    from aged
    group by span_name, customer_id

),

outcomes as (

    select
        spans.span_name,
        order_days.customer_id,
        count(*) as outcome_orders,
        sum(order_days.margin) as outcome_margin
    from spans
    inner join order_days
        on spans.cut_at <= order_days.order_day
        and {{ days_after('spans.cut_at', 'spans.outcome_days') }} > order_days.order_day
        and order_days.span_name = 'now'
    group by spans.span_name, order_days.customer_id

)

select
    histories.span_name,
    histories.customer_id,
    'orders' as source,
    histories.order_days - 1 as repeat_orders,
    histories.active_days / 7.0 as recency_weeks,
    histories.tenure_days / 7.0 as age_weeks,
    {%- for weeks in windows %}
    histories.orders_last_{{ weeks }}_weeks,
    coalesce(histories.margin_last_{{ weeks }}_weeks, 0) as margin_last_{{ weeks }}_weeks,
    {%- endfor %}
    histories.order_days as orders_all,
    histories.order_days as margin_orders,
    histories.revenue as revenue_all,
    histories.margin as margin_all,
    {{ ratio('histories.margin', 'histories.order_days') }} as mean_margin,
    spans.outcome_days / 7.0 as outcome_weeks,
    case when spans.outcome_days is not null then coalesce(outcomes.outcome_orders, 0) end
        as outcome_orders,
    case when spans.outcome_days is not null then coalesce(outcomes.outcome_margin, 0) end
        as outcome_margin,
    histories.first_order_day,
    spans.cut_at
from histories
inner join spans
    on histories.span_name = spans.span_name
left join outcomes
    on histories.span_name = outcomes.span_name
    and histories.customer_id = outcomes.customer_id

union all

select
    'now' as span_name,
    customer_id,
    'totals' as source,
    orders - 1 as repeat_orders,
    (tenure_days - recency_days) / 7.0 as recency_weeks,
    tenure_days / 7.0 as age_weeks,
    {%- for weeks in windows %}
    cast(null as bigint) as orders_last_{{ weeks }}_weeks,
    cast(null as decimal(18, 4)) as margin_last_{{ weeks }}_weeks,
    {%- endfor %}
    orders as orders_all,
    orders as margin_orders,
    revenue as revenue_all,
    margin_estimate as margin_all,
    {{ ratio('margin_estimate', 'orders') }} as mean_margin,
    cast(null as double) as outcome_weeks,
    cast(null as bigint) as outcome_orders,
    cast(null as decimal(18, 4)) as outcome_margin,
    cast(null as date) as first_order_day,
    {{ as_of_date() }} as cut_at
from totals
