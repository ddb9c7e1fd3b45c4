-- Who was of a segment at the last month end after which a whole window is over, and what
-- they did in that window.
{{ config(materialized='ephemeral') }}
{% set metrics = ['purchase', 'revenue', 'margin', 'returns', 'profit'] -%}
with

month_ends as (

    select * from {{ ref('rfm_month_ends') }}
    where basis = 'bought'

),

orders as (

    select
        customer_id,
        is_placed,
        placed_revenue,
        placed_margin_estimate as placed_margin,
        refund,
        ordered_at
    from {{ ref('fct_orders') }}
    where customer_id is not null

),

past_day as (

    select max(month_end_date) as past_date
    from month_ends
    where cast({{ days_after('month_end_date', var('conversion_window_days')) }} as timestamp)
        <= {{ as_of_date() }}

),

past_customers as (

    select
        month_ends.customer_id,
        month_ends.segment,
        past_day.past_date,
        cast(case when count(*) filter (where orders.is_placed) > 0 then 1 else 0 end
            as decimal(18, 4)) as purchase,
        cast(coalesce(sum(orders.placed_revenue) filter (where orders.is_placed), 0)
            as decimal(18, 4)) as revenue,
        cast(coalesce(sum(orders.placed_margin) filter (where orders.is_placed), 0)
            as decimal(18, 4)) as margin,
        cast(coalesce(sum(orders.refund), 0) as decimal(18, 4)) as returns,
        cast(coalesce(sum(orders.placed_margin) filter (where orders.is_placed), 0)
            as decimal(18, 4)) as profit
    from month_ends
    inner join past_day
        on month_ends.month_end_date = past_day.past_date
    left join orders
        on month_ends.customer_id = orders.customer_id
        and past_day.past_date <= orders.ordered_at
        and {{ days_after('past_day.past_date', var('conversion_window_days')) }}
            > orders.ordered_at
    group by month_ends.customer_id, month_ends.segment, past_day.past_date

)

{% for metric in metrics -%}
select
    segment,
    '{{ metric }}' as metric,
    count(*) as customers,
    {{ ratio('sum(' ~ metric ~ ')', 'count(*)') }} as mean,
    {{ ratio('sum(' ~ product_of(metric, metric) ~ ')', 'count(*)') }} as mean_of_squares,
    past_date
from past_customers
group by segment, past_date
{%- if not loop.last %}

union all

{% endif -%}
{%- endfor %}
