-- What is known of a customer as of each of the days, and what came in the time after it.
{{ config(materialized='table_in_place') }}
{%- set windows = [4, 13, 26, 52] %}
with

cuts as (

    select * from {{ ref('clv_cuts') }}

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

histories as (

    select
        period,
        customer_id,
        min(order_day) as first_order_day,
        count(*) as order_days,
        max(age_days) - min(age_days) as active_days,
        max(age_days) as tenure_days,
        {%- for weeks in windows %}
        count(*) filter (where age_days <= {{ 7 * weeks }}) as orders_last_{{ weeks }}_weeks,
        sum(margin) filter (where age_days <= {{ 7 * weeks }})
            as margin_last_{{ weeks }}_weeks,
        {%- endfor %}
        sum(revenue) as revenue,
        sum(margin) as margin
    from order_days
    group by period, customer_id

),

older_customers as (

    select * from {{ ref('clv_older_customers') }}

),

outcomes as (

    select * from {{ ref('clv_outcomes') }}

)

select
    histories.period,
    histories.customer_id,
    'orders' as source,
    histories.order_days - 1 as repeat_orders,
    cast(histories.active_days as double) / 7 as recency_weeks,
    cast(histories.tenure_days as double) / 7 as age_weeks,
    {%- for weeks in windows %}
    histories.orders_last_{{ weeks }}_weeks,
    cast(coalesce(histories.margin_last_{{ weeks }}_weeks, 0) as decimal(18, 4))
        as margin_last_{{ weeks }}_weeks,
    {%- endfor %}
    histories.order_days as orders_all,
    histories.order_days as margin_orders,
    cast(histories.revenue as decimal(18, 4)) as revenue_all,
    cast(histories.margin as decimal(18, 4)) as margin_all,
    {{ ratio('histories.margin', 'histories.order_days') }} as mean_margin,
    cuts.horizon_weeks,
    case when cuts.horizon_days is not null then coalesce(outcomes.outcome_orders, 0) end
        as outcome_orders,
    case when cuts.horizon_days is not null then cast(coalesce(outcomes.outcome_margin, 0) as decimal(18, 4)) end
        as outcome_margin,
    older_customers.customer_id is not null as is_older_than_files,
    histories.first_order_day,
    cuts.cut_at
from histories
inner join cuts
    on histories.period = cuts.period
left join outcomes
    on histories.period = outcomes.period
    and histories.customer_id = outcomes.customer_id
left join older_customers
    on histories.customer_id = older_customers.customer_id

union all

select
    'now' as period,
    customer_id,
    'totals' as source,
    orders - 1 as repeat_orders,
    cast(tenure_days - recency_days as double) / 7 as recency_weeks,
    cast(tenure_days as double) / 7 as age_weeks,
    {%- for weeks in windows %}
    cast(null as bigint) as orders_last_{{ weeks }}_weeks,
    cast(null as decimal(18, 4)) as margin_last_{{ weeks }}_weeks,
    {%- endfor %}
    orders as orders_all,
    orders as margin_orders,
    revenue as revenue_all,
    margin_estimate as margin_all,
    {{ ratio('margin_estimate', 'orders') }} as mean_margin,
    cast(null as double) as horizon_weeks,
    cast(null as bigint) as outcome_orders,
    cast(null as decimal(18, 4)) as outcome_margin,
    false as is_older_than_files,
    cast(null as date) as first_order_day,
    {{ as_of_date() }} as cut_at
from totals
