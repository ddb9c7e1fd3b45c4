-- customer_pivot for customers known from totals alone: what these do not show
-- is empty.
{{ config(materialized='ephemeral') }}
with

labels as (

    select * from {{ ref('customer_pivot_labels') }}

),

rhythms as (

    select * from {{ ref('customer_rhythms') }}

),

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'
        and source = 'totals'
        and orders > 0

),

customers as (

    select * from {{ ref('dim_customers') }}

),

channel_totals as (

    select
        customer_id,
        max_by(channel, (orders, channel)) as preferred_channel
    from {{ by_person('customer_channel_orders') }} as customer_channel_orders
    where decision = 'accepted'
        and orders > 0
    group by customer_id

),

category_totals as (

    select
        spend.customer_id,
        max_by(spend.category, (spend.revenue, spend.category)) as favourite_category,
        count(*) as categories,
        max(spend.revenue) as favourite_revenue,
        {{ revenue_by_place('category', 'spend.revenue') }},
        sum(spend.revenue) as revenue
    from {{ by_person('customer_category_spend') }} as spend
    left join labels
        on labels.dimension = 'category'
        and spend.category = labels.member
    where spend.decision = 'accepted'
        and spend.revenue > 0
    group by spend.customer_id

)

select
    totals.customer_id,
    totals.source,
    cast(null as string) as preferred_weekday,
    cast(null as string) as preferred_hour,
    cast(null as string) as preferred_city,
    channel_totals.preferred_channel,
    cast(null as string) as preferred_delivery_method,
    cast(null as string) as preferred_payment_method,
    category_totals.favourite_category,
    {%- for basis in ['placed', 'bought'] %}
    totals.orders as {{ basis }}_orders,
    cast(null as bigint) as {{ basis }}_lines,
    cast(null as decimal(18, 3)) as {{ basis }}_units,
    totals.revenue as {{ basis }}_revenue,
    totals.margin as {{ basis }}_margin,
    {%- endfor %}
    cast(null as double) as bought_share,
    {{ ratio('totals.revenue', 'totals.orders') }} as placed_average_order_value,
    {{ ratio('totals.revenue', 'totals.orders') }} as average_order_value,
    rhythms.mean_gap_days,
    cast(null as double) as median_gap_days,
    category_totals.categories,
    cast(null as bigint) as products,
    {{ ratio('category_totals.favourite_revenue', 'category_totals.revenue') }} as favourite_category_share,
    cast(customers.promo_share as double) as discounted_share,
    {{ shares_by_place('category', 'category_totals', 'category_totals.revenue') }},
    cast(null as double) as city_1_share,
    cast(null as double) as city_2_share,
    cast(null as double) as city_3_share,
    cast(null as double) as city_4_share,
    cast(null as double) as city_5_share,
    cast(null as double) as other_city_share,
    cast(null as timestamp) as first_placed_at,
    cast(null as timestamp) as last_placed_at,
    cast(null as timestamp) as first_bought_at,
    cast(null as timestamp) as last_bought_at
from totals
left join customers
    on totals.customer_id = customers.customer_id
left join rhythms
    on totals.customer_id = rhythms.customer_id
left join channel_totals
    on totals.customer_id = channel_totals.customer_id
left join category_totals
    on totals.customer_id = category_totals.customer_id
