-- An adding run recomputes the customers affected, and all who are known from
-- totals, which have no lines. depends_on: {{ ref('product_categories_changed')
-- }}
{{ config(
    materialized='incremental',
    incremental_strategy='affected',
    unique_key='customer_id',
    incremental_predicates=["source <> 'orders'"]
) }}
with

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_id is not null
        and is_placed
        {{ only_affected('customer_id') }}

),

totals as (

    select
        customer_id,
        {%- for basis in ['placed', 'bought'] %}
        count(*) filter (where is_{{ basis }}) as {{ basis }}_orders,
        sum({{ basis }}_lines) filter (where is_{{ basis }}) as {{ basis }}_lines,
        sum({{ basis }}_units) filter (where is_{{ basis }}) as {{ basis }}_units,
        sum({{ basis }}_revenue) filter (where is_{{ basis }}) as {{ basis }}_revenue,
        sum({{ basis }}_margin) filter (where is_{{ basis }}) as {{ basis }}_margin,
        min(ordered_at) filter (where is_{{ basis }}) as first_{{ basis }}_at,
        max(ordered_at) filter (where is_{{ basis }}) as last_{{ basis }}_at
        {{- ',' if not loop.last }}
        {%- endfor %}
    from orders
    group by customer_id

),

rhythms as (

    select * from {{ ref('customer_rhythms') }}

),

preferences as (

    select * from {{ ref('customer_preferences') }}

),

-- The shop's top categories and cities have columns of their own, by place and
-- not by name, so that the columns are the same whatever the data.
goods as (

    select * from {{ ref('customer_goods') }}

),

cities as (

    select * from {{ ref('customer_cities') }}

)

select
    totals.customer_id,
    'orders' as source,
    preferences.preferred_weekday,
    preferences.preferred_hour,
    preferences.preferred_city,
    preferences.preferred_channel,
    preferences.preferred_delivery_method,
    preferences.preferred_payment_method,
    goods.favourite_category,
    {%- for basis in ['placed', 'bought'] %}
    totals.{{ basis }}_orders,
    cast(coalesce(totals.{{ basis }}_lines, 0) as bigint) as {{ basis }}_lines,
    cast(coalesce(totals.{{ basis }}_units, 0) as decimal(18, 3)) as {{ basis }}_units,
    cast(coalesce(totals.{{ basis }}_revenue, 0) as decimal(18, 4)) as {{ basis }}_revenue,
    cast(totals.{{ basis }}_margin as decimal(18, 4)) as {{ basis }}_margin,
    {%- endfor %}
    {{ ratio('coalesce(totals.bought_revenue, 0)', 'totals.placed_revenue') }} as bought_share,
    {{ ratio('totals.placed_revenue', 'totals.placed_orders') }} as placed_average_order_value,
    {{ ratio('totals.bought_revenue', 'totals.bought_orders') }} as average_order_value,
    rhythms.mean_gap_days,
    rhythms.median_gap_days,
    coalesce(goods.categories, 0) as categories,
    cast(coalesce(goods.products, 0) as bigint) as products,
    {{ ratio('goods.favourite_revenue', 'totals.bought_revenue') }} as favourite_category_share,
    {{ ratio('goods.discounted_lines', 'totals.bought_lines') }} as discounted_share,
    {{ shares_by_place('category', 'goods', 'totals.bought_revenue') }},
    {{ shares_by_place('city', 'cities', 'totals.bought_revenue') }},
    totals.first_placed_at,
    totals.last_placed_at,
    totals.first_bought_at,
    totals.last_bought_at
from totals
left join rhythms
    on totals.customer_id = rhythms.customer_id
left join preferences
    on totals.customer_id = preferences.customer_id
left join goods
    on totals.customer_id = goods.customer_id
left join cities
    on totals.customer_id = cities.customer_id

union all

select * from {{ ref('customer_pivot_from_totals') }}
