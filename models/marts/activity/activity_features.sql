-- Everything is taken from before the cut-off; only the outcome looks beyond it.
with

customers as (

    select * from {{ ref('activity_profiles') }}

),

order_features as (

    select * from {{ ref('activity_order_features') }}

),

goods as (

    select * from {{ ref('activity_goods_features') }}

),

site as (

    select * from {{ ref('activity_site_features') }}

),

spend as (

    select * from {{ ref('activity_spend_features') }}

),

labels as (

    select * from {{ ref('decline_labels') }}

)

select
    customers.customer_id,
    cast(order_features.recency_days as double) as recency_days,
    order_features.typical_orders,
    cast(order_features.previous_period_orders as double) as previous_period_orders,
    -- Without orders the level is the spend of a month.
    coalesce(order_features.level_trend, spend.spend_trend) as level_trend,
    order_features.latest_trend,
    order_features.average_order_value,
    order_features.median_gap_days,
    order_features.overdue_ratio,
    order_features.gap_trend,
    cast(goods.categories as double) as categories,
    cast(order_features.channels as double) as channels,
    order_features.holiday_share,
    coalesce(goods.discounted_share, customers.promo_share) as discounted_share,
    goods.last_discounted_share,
    goods.returned_share,
    cast(site.last_visits as double) as last_visits,
    site.visits_trend,
    site.minutes_per_visit,
    cast(site.unpaid_items as double) as unpaid_items,
    cast(site.service_errors as double) as service_errors,
    cast(site.latest_minutes as double) as latest_minutes,
    site.minutes_trend,
    cast(site.pages_per_visit as double) as pages_per_visit,
    cast(site.categories_per_visit as double) as categories_per_visit,
    cast(site.marketing_contacts as double) as marketing_contacts,
    site.marketing_contacts / nullif(
        coalesce(site.earlier_marketing_contacts, customers.marketing_contacts_per_month), 0
    ) as marketing_trend,
    spend.last_spend,
    spend.typical_spend,
    spend.spend_trend,
    spend.earlier_spend_trend,
    cast(customers.tenure_days as double) as tenure_days,
    labels.expected_orders,
    coalesce(goods.favourite_category, customers.favourite_category) as favourite_category,
    customers.service_tier,
    case when order_features.recency_days is null then 'totals' else 'orders' end as data_basis,
    labels.label_source,
    labels.outcome_orders,
    cast(extract(month from customers.cutoff_at) as bigint) as cutoff_month,
    customers.is_current,
    labels.is_declined,
    customers.cutoff_at
from customers
left join order_features
    on customers.number = order_features.number
    and customers.customer_id = order_features.customer_id
left join goods
    on customers.number = goods.number
    and customers.customer_id = goods.customer_id
left join site
    on customers.number = site.number
    and customers.customer_id = site.customer_id
left join spend
    on customers.number = spend.number
    and customers.customer_id = spend.customer_id
left join labels
    on customers.number = labels.number
    and customers.customer_id = labels.customer_id
