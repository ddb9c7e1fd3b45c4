-- A run that adds tells again of the customers touched, and of all who are known from
-- totals, which have no lines.
-- depends_on: {{ ref('product_categories_changed') }}
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_affected('customer_id', others=\"source <> 'orders'\") }}",
    post_hook='{{ record_watermark(as_of_date()) }}'
) }}
{% set top_places = [1, 2, 3, 4, 5] -%}
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

{% for basis in ['placed', 'bought'] -%}
{{ basis }} as (

    select
        customer_id,
        count(*) as {{ basis }}_orders,
        sum({{ basis }}_lines) as {{ basis }}_lines,
        sum({{ basis }}_units) as {{ basis }}_units,
        sum({{ basis }}_revenue) as {{ basis }}_revenue,
        sum({{ basis }}_margin) as {{ basis }}_margin,
        min(ordered_at) as first_{{ basis }}_at,
        max(ordered_at) as last_{{ basis }}_at
    from orders
    where is_{{ basis }}
    group by customer_id

),

{% endfor -%}
rhythms as (

    select * from {{ ref('customer_rhythms') }}

),

{% for preference in preferences -%}
preferred_{{ preference }}s as (

    select
        customer_id,
        max_by({{ preference }}, (orders, {{ preference }})) as preferred_{{ preference }}
    from (
        select
            customer_id,
            {{ preference }},
            count(*) as orders
        from orders
        where {{ preference }} is not null
        group by customer_id, {{ preference }}
    )
    group by customer_id

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
        {%- for place in top_places %}
        coalesce(sum({{ table }}.revenue) filter (where labels.place = {{ place }}), 0)
            as {{ share }}_{{ place }}{{ ',' if not loop.last }}
        {%- endfor %}
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

),

joined as (

    select
        placed.*,
        {%- for measure in ['orders', 'lines', 'units', 'revenue', 'margin'] %}
        bought.bought_{{ measure }},
        {%- endfor %}
        bought.first_bought_at,
        bought.last_bought_at,
        rhythms.mean_gap_days,
        rhythms.median_gap_days,
        {%- for preference in preferences %}
        preferred_{{ preference }}s.preferred_{{ preference }},
        {%- endfor %}
        breadth.favourite_category,
        breadth.favourite_revenue,
        breadth.categories,
        breadth.products,
        breadth.discounted_lines,
        {%- for share in ['category', 'city'] %}
        {%- for place in top_places %}
        {{ share }}_shares.{{ share }}_{{ place }}
        {{- ',' if not (loop.last and share == 'city') }}
        {%- endfor %}
        {%- endfor %}
    from placed
    left join bought
        on placed.customer_id = bought.customer_id
    left join rhythms
        on placed.customer_id = rhythms.customer_id
    {%- for preference in preferences %}
    left join preferred_{{ preference }}s
        on placed.customer_id = preferred_{{ preference }}s.customer_id
    {%- endfor %}
    left join breadth
        on placed.customer_id = breadth.customer_id
    {%- for share in ['category', 'city'] %}
    left join {{ share }}_shares
        on placed.customer_id = {{ share }}_shares.customer_id
    {%- endfor %}

),

-- Who is known from totals alone: what they do not tell is empty.
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
    from {{ ref('int_customer_channel_orders_validated') }}
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
        {%- for place in top_places %}
        coalesce(sum(spend.revenue) filter (where labels.place = {{ place }}), 0)
            as category_{{ place }},
        {%- endfor %}
        sum(spend.revenue) as revenue
    from {{ ref('int_customer_category_spend_validated') }} as spend
    left join labels
        on labels.dimension = 'category'
        and spend.category = labels.member
    where spend.decision = 'accepted'
        and spend.revenue > 0
    group by spend.customer_id

),

from_totals as (

    select
        totals.*,
        channel_totals.preferred_channel,
        category_totals.favourite_category,
        category_totals.categories,
        category_totals.favourite_revenue,
        customers.promo_share,
        {%- for place in top_places %}
        category_totals.category_{{ place }},
        {%- endfor %}
        category_totals.revenue as category_revenue,
        rhythms.mean_gap_days
    from totals
    left join customers
        on totals.customer_id = customers.customer_id
    left join rhythms
        on totals.customer_id = rhythms.customer_id
    left join channel_totals
        on totals.customer_id = channel_totals.customer_id
    left join category_totals
        on totals.customer_id = category_totals.customer_id

)

select
    customer_id,
    'orders' as source,
    {%- for preference in preferences %}
    preferred_{{ preference }},
    {%- endfor %}
    favourite_category,
    {%- for basis in ['placed', 'bought'] %}
    coalesce({{ basis }}_orders, 0) as {{ basis }}_orders,
    cast(coalesce({{ basis }}_lines, 0) as bigint) as {{ basis }}_lines,
    cast(coalesce({{ basis }}_units, 0) as decimal(18, 3)) as {{ basis }}_units,
    cast(coalesce({{ basis }}_revenue, 0) as decimal(18, 4)) as {{ basis }}_revenue,
    cast({{ basis }}_margin as decimal(18, 4)) as {{ basis }}_margin,
    {%- endfor %}
    {{ ratio('coalesce(bought_revenue, 0)', 'placed_revenue') }} as bought_share,
    {{ ratio('placed_revenue', 'placed_orders') }} as placed_average_order_value,
    {{ ratio('bought_revenue', 'bought_orders') }} as average_order_value,
    mean_gap_days,
    median_gap_days,
    coalesce(categories, 0) as categories,
    cast(coalesce(products, 0) as bigint) as products,
    {{ ratio('favourite_revenue', 'bought_revenue') }} as favourite_category_share,
    {{ ratio('discounted_lines', 'bought_lines') }} as discounted_share,
    {%- for share in ['category', 'city'] %}
    {%- set named = [] %}
    {%- for place in top_places %}
    {%- do named.append(share ~ '_' ~ place) %}
    {{ ratio(share ~ '_' ~ place, 'bought_revenue') }} as {{ share }}_{{ place }}_share,
    {%- endfor %}
    {{ ratio('bought_revenue - ' ~ named | join(' - '), 'bought_revenue') }}
        as other_{{ share }}_share,
    {%- endfor %}
    first_placed_at,
    last_placed_at,
    first_bought_at,
    last_bought_at
from joined

union all

select
    customer_id,
    source,
    {%- for preference in preferences %}
    {{ 'preferred_channel' if preference == 'channel' else 'cast(null as string)' }}
        as preferred_{{ preference }},
    {%- endfor %}
    favourite_category,
    {%- for basis in ['placed', 'bought'] %}
    orders as {{ basis }}_orders,
    cast(null as bigint) as {{ basis }}_lines,
    cast(null as decimal(18, 3)) as {{ basis }}_units,
    revenue as {{ basis }}_revenue,
    margin as {{ basis }}_margin,
    {%- endfor %}
    cast(null as double) as bought_share,
    {{ ratio('revenue', 'orders') }} as placed_average_order_value,
    {{ ratio('revenue', 'orders') }} as average_order_value,
    mean_gap_days,
    cast(null as double) as median_gap_days,
    categories,
    cast(null as bigint) as products,
    {{ ratio('favourite_revenue', 'category_revenue') }} as favourite_category_share,
    cast(promo_share as double) as discounted_share,
    {%- set named = [] %}
    {%- for place in top_places %}
    {%- do named.append('category_' ~ place) %}
    {{ ratio('category_' ~ place, 'category_revenue') }} as category_{{ place }}_share,
    {%- endfor %}
    {{ ratio('category_revenue - ' ~ named | join(' - '), 'category_revenue') }}
        as other_category_share,
    {%- for place in top_places %}
    cast(null as double) as city_{{ place }}_share,
    {%- endfor %}
    cast(null as double) as other_city_share,
    cast(null as timestamp) as first_placed_at,
    cast(null as timestamp) as last_placed_at,
    cast(null as timestamp) as first_bought_at,
    cast(null as timestamp) as last_bought_at
from from_totals
