-- What the customers of each campaign did in its window: as told where both arms could show
-- it, else by the shop's own orders.
{% set metrics = ['visit', 'responded', 'purchase', 'orders', 'revenue', 'margin', 'returns', 'profit'] -%}
with

customers as (

    select * from {{ ref('campaign_arms') }}

),

reported as (

    select * from {{ ref('campaign_reported_metrics') }}

),

ordered as (

    select * from {{ ref('campaign_orders') }}

),

visited as (

    select * from {{ ref('campaign_visits') }}

),

customer_groups as (

    select * from {{ ref('campaign_customer_groups') }}

),

described as (

    select
        customers.*,
        customer_groups.segment,
        customer_groups.cluster_key,
        customer_groups.cluster_name,
        customer_groups.is_cluster_of_then,
        case when reported.is_purchase_reported then 'reported' else 'orders' end as purchase_basis,
        case when reported.is_revenue_reported then 'reported' else 'orders' end as revenue_basis,
        case when reported.is_margin_reported then 'reported' else 'orders' end as margin_basis,
        visited.visit,
        case
            when reported.is_response_reported then case when customers.has_responded then 1 else 0 end
        end as responded,
        case
            when reported.is_purchase_reported then case when customers.has_converted then 1 else 0 end
            when ordered.orders > 0 then 1
            when ordered.orders = 0 then 0
        end as purchase,
        ordered.orders,
        case
            when reported.is_revenue_reported then coalesce(customers.reported_revenue, 0)
            else ordered.revenue
        end as revenue,
        case
            when reported.is_margin_reported then coalesce(customers.reported_margin, 0)
            when reported.is_revenue_reported
                then coalesce(customers.reported_revenue, 0) * {{ var('assumed_margin_share') }}
            else ordered.margin
        end as margin,
        ordered.returns,
        visited.pre_visit,
        0 as pre_responded,
        case when ordered.pre_orders > 0 then 1 else 0 end as pre_purchase,
        ordered.pre_orders,
        ordered.pre_revenue,
        ordered.pre_margin,
        ordered.pre_returns,
        ordered.pre_margin as pre_profit
    from customers
    inner join reported
        on customers.campaign_id = reported.campaign_id
    inner join ordered
        on customers.campaign_id = ordered.campaign_id
        and customers.customer_id = ordered.customer_id
    inner join visited
        on customers.campaign_id = visited.campaign_id
        and customers.customer_id = visited.customer_id
    inner join customer_groups
        on customers.campaign_id = customer_groups.campaign_id
        and customers.customer_id = customer_groups.customer_id

),

-- A contact costs whoever is contacted; the offer costs once where a contacted one buys.
settled as (

    select
        *,
        case
            when is_contacted then contact_cost + coalesce(purchase, 0) * offer_cost
            else 0
        end as cost,
        margin - cost as profit
    from described

)

select
    campaign_id,
    list_name,
    customer_id,
    arm,
    stratum,
    channel,
    offer,
    segment,
    cluster_key,
    cluster_name,
    purchase_basis,
    revenue_basis,
    margin_basis,
    {%- for metric in metrics %}
    cast({{ metric }} as decimal(18, 4)) as {{ metric }},
    {%- endfor %}
    {%- for metric in metrics %}
    cast(pre_{{ metric }} as decimal(18, 4)) as pre_{{ metric }},
    {%- endfor %}
    cast(cost as decimal(18, 4)) as cost,
    is_contacted,
    has_responded,
    is_cluster_of_then,
    is_window_over,
    has_sales,
    sent_at,
    pre_start_at,
    window_start_at,
    window_end_at
from settled
