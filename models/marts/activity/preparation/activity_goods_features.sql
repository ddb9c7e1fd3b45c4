{% set window = var('activity_window_days') -%}
{% set base = var('activity_base_days') -%}
with

cutoffs as (

    select * from {{ ref('cutoffs_used') }}

),

observed as (

    select * from {{ ref('activity_customers') }}

),

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_modelled
        and customer_id is not null

),

products as (

    select * from {{ ref('dim_products') }}

),

-- The lines come down to the categories of an order before they meet the cut-offs.
category_lines as (

    select
        order_lines.customer_id,
        order_lines.ordered_at,
        products.category_1,
        count(*) filter (where order_lines.is_placed) as lines,
        count(*) filter (where order_lines.is_placed and order_lines.discount > 0)
            as discounted_lines,
        count(*) filter (where order_lines.is_return) as return_lines,
        sum(order_lines.placed_revenue) filter (where order_lines.is_placed)
            as placed_revenue
    from order_lines
    inner join products
        on order_lines.product_id = products.product_id
    where order_lines.ordered_at
        >= (select min({{ days_after('cutoff_at', -base) }}) from cutoffs)
        and order_lines.customer_id in (select observed.customer_id from observed)
    group by order_lines.customer_id, order_lines.ordered_at, products.category_1

),

goods_by_category as (

    select
        observed.number,
        observed.customer_id,
        category_lines.category_1,
        sum(category_lines.lines) as lines,
        sum(category_lines.discounted_lines) as discounted_lines,
        {%- for measure in ['lines', 'discounted_lines'] %}
        sum(category_lines.{{ measure }}) filter (
            where category_lines.ordered_at >= {{ days_after('cutoffs.cutoff_at', -window) }}
        ) as last_{{ measure }},
        {%- endfor %}
        sum(category_lines.return_lines) as return_lines,
        sum(category_lines.placed_revenue) as placed_revenue
    from category_lines
    inner join observed
        on category_lines.customer_id = observed.customer_id
    inner join cutoffs
        on observed.number = cutoffs.number
        and category_lines.ordered_at < cutoffs.cutoff_at
        and category_lines.ordered_at >= {{ days_after('cutoffs.cutoff_at', -base) }}
    group by observed.number, observed.customer_id, category_lines.category_1

)

select
    number,
    customer_id,
    min_by(category_1, (-placed_revenue, category_1))
        filter (where lines > 0 and category_1 is not null) as favourite_category,
    count(category_1) filter (where lines > 0) as categories,
    {{ ratio('sum(discounted_lines)', 'sum(lines)') }} as discounted_share,
    {{ ratio('sum(last_discounted_lines)', 'sum(last_lines)') }} as last_discounted_share,
    {{ ratio('sum(return_lines)', 'sum(lines)') }} as returned_share
from goods_by_category
group by number, customer_id
