-- Customers with orders are described by them; who is known from totals alone,
-- from the other totals.
with

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'
        and rfm_skip_reason is null

),

behaviour as (

    select * from {{ ref('customer_pivot') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

site_activity as (

    select * from {{ by_person('site_activity') }} as site_activity
    where decision = 'accepted'
        and period_start < {{ as_of_date() }}

),

category_spend as (

    select * from {{ by_person('customer_category_spend') }} as customer_category_spend
    where decision = 'accepted'
        and revenue > 0

),

channel_shares as (

    select * from {{ ref('customer_channel_shares') }}

),

category_totals as (

    select
        customer_id,
        count(*) as categories,
        {{ ratio('max(revenue)', 'sum(revenue)') }} as favourite_category_share
    from category_spend
    group by customer_id

),

site_visits as (

    select
        customer_id,
        {{ ratio('sum(visits)', 'count(visits)') }} as visits,
        {{ ratio('sum(minutes)', 'sum(visits)') }} as minutes_per_visit
    from site_activity
    group by customer_id

)

select
    totals.customer_id,
    cast(totals.recency_days as double) as recency_days,
    cast(totals.orders as double) as frequency,
    cast(totals.revenue as double) as monetary,
    cast(totals.tenure_days as double) as tenure_days,
    -- After a single order the gap is at least the time since it.
    cast(case
        when totals.orders = 1 then totals.recency_days
        else behaviour.median_gap_days
    end as double) as typical_gap_days,
    {{ ratio('totals.revenue', 'totals.orders') }} as average_order_value,
    {{ ratio('behaviour.bought_lines', 'behaviour.bought_orders') }} as lines_per_order,
    {{ ratio('behaviour.bought_units', 'behaviour.bought_lines') }} as units_per_line,
    cast(
        coalesce(behaviour.categories, category_totals.categories) as double
    ) as categories,
    cast(behaviour.products as double) as products,
    coalesce(
        behaviour.favourite_category_share, category_totals.favourite_category_share
    ) as favourite_category_share,
    behaviour.discounted_share,
    1 - behaviour.bought_share as returned_revenue_share,
    channel_shares.first_channel_share,
    channel_shares.second_channel_share,
    channel_shares.third_channel_share,
    site_visits.visits,
    site_visits.minutes_per_visit,
    cast(customers.age_years as double) as age_years,
    cast(customers.income as double) as income,
    cast(customers.children as double) as children
from totals
left join behaviour
    on totals.customer_id = behaviour.customer_id
left join channel_shares
    on totals.customer_id = channel_shares.customer_id
left join category_totals
    on totals.customer_id = category_totals.customer_id
left join site_visits
    on totals.customer_id = site_visits.customer_id
left join customers
    on totals.customer_id = customers.customer_id
