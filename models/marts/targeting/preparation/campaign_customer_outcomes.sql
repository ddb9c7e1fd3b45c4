-- What the customers of each campaign did in its window: as reported where both
-- arms could show it, else by the shop's own orders.
{{ config(materialized='ephemeral') }}
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

measured as (

    select
        customers.*,
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
        case when ordered.pre_orders > 0 then 1 else 0 end as pre_purchase,
        ordered.pre_orders,
        ordered.pre_revenue,
        ordered.pre_margin,
        ordered.pre_returns
    from customers
    inner join reported
        on customers.campaign_id = reported.campaign_id
    inner join ordered
        on customers.campaign_id = ordered.campaign_id
        and customers.customer_id = ordered.customer_id
    inner join visited
        on customers.campaign_id = visited.campaign_id
        and customers.customer_id = visited.customer_id

)

select
    campaign_id,
    customer_id,
    purchase_basis,
    revenue_basis,
    margin_basis,
    visit,
    responded,
    purchase,
    orders,
    revenue,
    margin,
    returns,
    pre_visit,
    pre_purchase,
    pre_orders,
    pre_revenue,
    pre_margin,
    pre_returns,
    -- A contact costs whoever is contacted; the offer costs once where a contacted one buys.
    case
        when is_contacted then contact_cost + coalesce(purchase, 0) * offer_cost
        else 0
    end as cost
from measured
