-- What each day adds to the outcomes of an arm, from the shop's own orders, which have dates.
-- The sums of squares grow with each order by what it adds to its customer's square, so
-- that no table of customers and days is needed.
{{ config(materialized='ephemeral') }}
{% set metrics = ['purchase', 'revenue', 'margin', 'returns'] -%}
with

customers as (

    select * from {{ ref('campaign_customers') }}
    where arm <> 'unassigned'

),

orders as (

    select
        customer_id,
        case when is_placed then 1 else 0 end as orders,
        case when is_placed then placed_revenue else 0 end as revenue,
        case when is_placed then placed_margin_estimate else 0 end as margin,
        refund as returns,
        ordered_at
    from {{ ref('fct_orders') }}
    where ordered_at < {{ as_of_date() }}
        and customer_id is not null

),

daily as (

    select
        customers.campaign_id,
        customers.arm,
        customers.customer_id,
        1 + {{ elapsed_days('customers.window_start_at', 'orders.ordered_at') }}
            as days_after_send,
        sum(orders.orders) as orders,
        sum(orders.revenue) as revenue,
        sum(orders.margin) as margin,
        sum(orders.returns) as returns
    from customers
    inner join orders
        on customers.customer_id = orders.customer_id
        and customers.window_start_at <= orders.ordered_at
        and customers.window_end_at > orders.ordered_at
    group by all

),

running as (

    select
        campaign_id,
        arm,
        days_after_send,
        {%- for metric in ['orders', 'revenue', 'margin', 'returns'] %}
        {{ metric }},
        sum({{ metric }}) over (
            partition by campaign_id, customer_id
            order by days_after_send
        ) as {{ metric }}_so_far{{ ',' if not loop.last }}
        {%- endfor %}
    from daily

)

{% for metric in metrics -%}
{% set amount = "case when orders > 0 and orders_so_far = orders then 1 else 0 end"
    if metric == 'purchase' else metric -%}
select
    campaign_id,
    arm,
    '{{ metric }}' as metric,
    days_after_send,
    cast(sum({{ amount }}) as decimal(38, 4)) as added,
    {%- if metric == 'purchase' %}
    cast(sum({{ amount }}) as decimal(38, 8)) as added_squares
    {%- else %}
    cast(sum(
        {{ product_of(
            metric, 'cast(2 * ' ~ metric ~ '_so_far - ' ~ metric ~ ' as decimal(18, 4))'
        ) }}
    ) as decimal(38, 8)) as added_squares
    {%- endif %}
from running
group by campaign_id, arm, days_after_send
{%- if not loop.last %}

union all

{% endif -%}
{%- endfor %}
