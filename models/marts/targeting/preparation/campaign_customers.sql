{% set metrics = ['visit', 'responded', 'purchase', 'orders', 'revenue', 'margin', 'returns', 'profit'] -%}
with

customers as (

    select * from {{ ref('campaign_arms') }}

),

outcomes as (

    select
        *,
        margin - cost as profit,
        0 as pre_responded,
        pre_margin as pre_profit
    from {{ ref('campaign_customer_outcomes') }}

),

customer_groups as (

    select * from {{ ref('campaign_customer_groups') }}

)

select
    customers.campaign_id,
    customers.list_name,
    customers.customer_id,
    customers.arm,
    customers.stratum,
    customers.channel,
    customers.offer,
    customer_groups.segment,
    customer_groups.cluster_key,
    customer_groups.cluster_name,
    outcomes.purchase_basis,
    outcomes.revenue_basis,
    outcomes.margin_basis,
    {%- for metric in metrics %}
    cast(outcomes.{{ metric }} as decimal(18, 4)) as {{ metric }},
    {%- endfor %}
    {%- for metric in metrics %}
    cast(outcomes.pre_{{ metric }} as decimal(18, 4)) as pre_{{ metric }},
    {%- endfor %}
    cast(outcomes.cost as decimal(18, 4)) as cost,
    customers.is_contacted,
    customers.has_responded,
    customer_groups.is_cluster_of_then,
    customers.is_window_over,
    customers.has_sales,
    customers.sent_at,
    customers.pre_start_at,
    customers.window_start_at,
    customers.window_end_at
from customers
inner join outcomes
    on customers.campaign_id = outcomes.campaign_id
    and customers.customer_id = outcomes.customer_id
inner join customer_groups
    on customers.campaign_id = customer_groups.campaign_id
    and customers.customer_id = customer_groups.customer_id
