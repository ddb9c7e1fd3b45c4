-- Everything is taken from the first so many orders. A customer of the shop's
-- first days may have bought before the files begin and is no new customer. An
-- adding run counts the affected customers again.
-- depends_on: {{ ref('product_categories_changed') }}
{{ config(
    materialized='incremental',
    incremental_strategy='affected',
    unique_key='customer_id'
) }}
{% set texts = ['channel', 'delivery_method', 'payment_method'] -%}
with

orders as (

    select * from {{ ref('fct_orders') }}
    where is_placed

),

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_placed

),

products as (

    select * from {{ ref('dim_products') }}

),

shop as (

    select min(ordered_at) as first_order_at
    from orders

),

numbered as (

    select
        *,
        row_number() over (
            partition by customer_id order by ordered_at, order_id
        ) as order_number,
        {{ elapsed_days(
            'lag(ordered_at) over (
                partition by customer_id order by ordered_at, order_id
            )',
            'ordered_at'
        ) }} as gap_days,
        count(*) over (partition by customer_id) as orders_so_far,
        min(ordered_at) over (partition by customer_id) as first_order_at
    from orders
    where customer_id is not null
        {{ only_affected('customer_id') }}

),

new_customers as (

    select numbered.*
    from numbered
    cross join shop
    where numbered.order_number <= 3
        and numbered.first_order_at
            >= {{ days_after('shop.first_order_at', var('new_customer_history_days')) }}

),

-- An order counts among the first one, two and three, as far as there are so many.
used as (

    select
        steps.orders_used,
        new_customers.*
    from new_customers
    inner join (values (1), (2), (3)) as steps (orders_used)
        on new_customers.order_number <= steps.orders_used
        and new_customers.orders_so_far >= steps.orders_used

),

taken as (

    select
        customer_id,
        cast(orders_used as bigint) as orders_used,
        {%- for column in texts %}
        max_by({{ column }}, order_number) as {{ column }},
        {%- endfor %}
        {{ weekday_label('max(ordered_at)') }} as weekday,
        cast(date_part('hour', max(ordered_at)) as double) as hour,
        cast(sum(placed_revenue) as double) as amount,
        cast(max_by(placed_revenue, order_number) as double) as last_amount,
        cast(sum(placed_lines) as double) as lines,
        {{ ratio('sum(placed_units)', 'sum(placed_lines)') }} as units_per_line,
        {{ ratio('sum(placed_revenue)', 'sum(placed_units)') }} as unit_price,
        {{ ratio('sum(gap_days)', 'count(gap_days)') }} as mean_gap_days,
        cast(max_by(gap_days, order_number) as double) as last_gap_days,
        max(orders_so_far) = max(orders_used) as has_no_more,
        max(ordered_at) as order_at
    from used
    group by customer_id, orders_used

),

bought as (

    select
        used.customer_id,
        used.orders_used,
        products.category_1,
        count(*) as lines,
        count(*) filter (where order_lines.discount > 0) as discounted_lines,
        max(order_lines.unit_price) as highest_unit_price,
        sum(order_lines.placed_revenue) as revenue,
        coalesce(
            sum(order_lines.placed_revenue) filter (where used.order_number = 1), -1
        ) as first_revenue
    from used
    inner join order_lines
        on used.order_id = order_lines.order_id
    left join products
        on order_lines.product_id = products.product_id
    group by used.customer_id, used.orders_used, products.category_1

),

goods as (

    select
        customer_id,
        orders_used,
        max_by(category_1, (first_revenue, category_1)) filter (
            where category_1 is not null and first_revenue > -1
        ) as first_category,
        max_by(category_1, (revenue, category_1)) filter (where category_1 is not null)
            as top_category,
        cast(max(highest_unit_price) as double) as highest_unit_price,
        cast(count(category_1) as double) as categories,
        {{ ratio('max(revenue)', 'sum(revenue)') }} as top_category_share,
        {{ ratio('sum(discounted_lines)', 'sum(lines)') }} as discounted_share
    from bought
    group by customer_id, orders_used

)

select
    taken.customer_id,
    taken.orders_used,
    goods.first_category,
    goods.top_category,
    {%- for column in texts %}
    taken.{{ column }},
    {%- endfor %}
    taken.weekday,
    taken.hour,
    taken.amount,
    taken.last_amount,
    taken.lines,
    taken.units_per_line,
    taken.unit_price,
    goods.highest_unit_price,
    goods.categories,
    goods.top_category_share,
    goods.discounted_share,
    taken.mean_gap_days,
    taken.last_gap_days,
    taken.has_no_more,
    taken.order_at,
    {{ days_after('taken.order_at', var('new_customer_horizon_days')) }} as horizon_at
from taken
left join goods
    on taken.customer_id = goods.customer_id
    and taken.orders_used = goods.orders_used
