-- Everything is taken from before the campaign: responses to earlier ones,
-- orders until its start, totals where it has no date, and the profile, which
-- is taken to be steady.
{% set lags = [1, 2, 3, 4, 5] -%}
{% set category_places = [1, 2, 3, 4, 5] -%}
{% set places = ['first', 'second', 'third'] -%}
with

contacts as (

    select * from {{ ref('response_contacts') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

twins as (

    select * from {{ ref('customer_twins') }}

),

history as (

    select
        *,
        {{ ratio('responses_before', 'campaigns_before') }} as response_rate
    from {{ ref('response_history_features') }}

),

orders as (

    select * from {{ ref('response_order_features') }}

),

goods as (

    select * from {{ ref('response_goods_features') }}

),

site as (

    select * from {{ ref('response_site_features') }}

)

select
    case
        when contacts.has_responded is null
            then contacts.campaign_id || '|' || contacts.customer_id
        else twins.first_twin
    end as row_key,
    contacts.campaign_id,
    contacts.customer_id,
    customers.education,
    customers.marital_status,
    customers.gender,
    {%- for feature in ['recency_days', 'orders', 'revenue', 'tenure_days'] %}
    cast(orders.{{ feature }} as double) as {{ feature }},
    {%- endfor %}
    {{ ratio('orders.revenue', 'orders.orders') }} as average_order_value,
    {{ ratio('orders.orders', 'orders.tenure_days') }} as order_rate,
    cast(goods.categories as double) as categories,
    goods.favourite_category_share,
    cast(coalesce(
        goods.discounted_share,
        case when contacts.is_current then customers.promo_share end
    ) as double) as discounted_share,
    {%- for place in category_places %}
    cast(goods.category_{{ place }}_spend as double) as category_{{ place }}_spend,
    {%- endfor %}
    {%- for place in places %}
    cast(orders.{{ place }}_channel_orders as double) as {{ place }}_channel_orders,
    {%- endfor %}
    site.visits,
    cast(customers.age_years as double) as age_years,
    cast(customers.income as double) as income,
    cast(customers.children as double) as children,
    cast(coalesce(history.campaigns_before, 0) as double) as campaigns_before,
    cast(coalesce(history.responses_before, 0) as double) as responses_before,
    coalesce(history.response_rate, 0) as response_rate,
    {%- for lag in lags %}
    cast(history.responded_{{ lag }} as double) as responded_{{ lag }},
    {%- endfor %}
    contacts.has_responded,
    contacts.has_responded is null as is_planned,
    contacts.cutoff_at
from contacts
inner join customers
    on contacts.customer_id = customers.customer_id
inner join twins
    on contacts.customer_id = twins.customer_id
inner join orders
    on contacts.campaign_id = orders.campaign_id
    and contacts.customer_id = orders.customer_id
left join history
    on contacts.campaign_id = history.campaign_id
    and contacts.customer_id = history.customer_id
left join goods
    on contacts.campaign_id = goods.campaign_id
    and contacts.customer_id = goods.customer_id
left join site
    on contacts.campaign_id = site.campaign_id
    and contacts.customer_id = site.customer_id
