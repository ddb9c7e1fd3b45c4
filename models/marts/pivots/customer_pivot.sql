-- An adding run recomputes the customers affected, and all who are known from
-- totals, which have no lines.
-- depends_on: {{ ref('product_categories_changed') }}
{{ config(
    materialized='incremental',
    incremental_strategy='affected',
    unique_key='customer_id',
    incremental_predicates=["source <> 'orders'"]
) }}
{% set preferences = [
    'weekday', 'hour', 'city', 'channel', 'delivery_method', 'payment_method',
] -%}
with

orders as (

    select
        *,
        {{ weekday_label('ordered_at') }} as weekday,
        {{ hour_label('ordered_at') }} as hour
    from {{ ref('fct_orders') }}
    where customer_id is not null
        and is_placed
        {{ only_affected('customer_id') }}

),

-- Asked more than once, and too many to be held meanwhile.
bought_lines as {{ not_materialized() }} (

    select * from {{ ref('fct_order_lines') }}
    where customer_id is not null
        and is_bought
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

{% for preference in preferences -%}
preferred_{{ preference }}s as (

    {{ preferred_by_customer('orders', preference) }}

),

{% endfor -%}
-- The lines come down to a customer's products, and these to categories.
goods as (

    select
        customer_id,
        product_id,
        sum(bought_revenue) as revenue,
        count(*) filter (where discount > 0) as discounted_lines
    from bought_lines
    group by customer_id, product_id

),

categories as (

    select
        goods.customer_id,
        products.category_1 as member,
        sum(goods.revenue) as revenue,
        count(*) as products,
        sum(goods.discounted_lines) as discounted_lines
    from goods
    inner join {{ ref('dim_products') }} as products
        on goods.product_id = products.product_id
    group by goods.customer_id, products.category_1

),

cities as (

    select
        customer_id,
        city as member,
        sum(bought_revenue) as revenue
    from bought_lines
    group by customer_id, city

),

-- The shop's top categories and cities have columns of their own, by place and
-- not by name, so that the columns are the same whatever the data.
labels as (

    select * from {{ ref('customer_pivot_labels') }}

),

{% for share, table in {'category': 'categories', 'city': 'cities'}.items() -%}
{{ share }}_shares as (

    select
        {{ table }}.customer_id,
        {{ revenue_by_place(share, table ~ '.revenue') }}
    from {{ table }}
    left join labels
        on labels.dimension = '{{ share }}'
        and {{ table }}.member = labels.member
    group by {{ table }}.customer_id

),

{% endfor -%}
breadth as (

    select
        customer_id,
        max_by(member, (revenue, member)) filter (where member is not null)
            as favourite_category,
        count(member) as categories,
        max(revenue) filter (where member is not null) as favourite_revenue,
        sum(products) as products,
        sum(discounted_lines) as discounted_lines
    from categories
    group by customer_id

)

select
    totals.customer_id,
    'orders' as source,
    {%- for preference in preferences %}
    preferred_{{ preference }}s.preferred_{{ preference }},
    {%- endfor %}
    breadth.favourite_category,
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
    coalesce(breadth.categories, 0) as categories,
    cast(coalesce(breadth.products, 0) as bigint) as products,
    {{ ratio('breadth.favourite_revenue', 'totals.bought_revenue') }} as favourite_category_share,
    {{ ratio('breadth.discounted_lines', 'totals.bought_lines') }} as discounted_share,
    {{ shares_by_place('category', 'category_shares', 'totals.bought_revenue') }},
    {{ shares_by_place('city', 'city_shares', 'totals.bought_revenue') }},
    totals.first_placed_at,
    totals.last_placed_at,
    totals.first_bought_at,
    totals.last_bought_at
from totals
left join rhythms
    on totals.customer_id = rhythms.customer_id
left join breadth
    on totals.customer_id = breadth.customer_id
{%- for preference in preferences %}
left join preferred_{{ preference }}s
    on totals.customer_id = preferred_{{ preference }}s.customer_id
{%- endfor %}
{%- for share in ['category', 'city'] %}
left join {{ share }}_shares
    on totals.customer_id = {{ share }}_shares.customer_id
{%- endfor %}

union all

select * from {{ ref('customer_pivot_from_totals') }}
