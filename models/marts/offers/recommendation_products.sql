-- What may be offered at a moment, after how long it is bought again, and in which
-- band of its category the price lies.
with

known as (

    select * from {{ ref('recommendation_days') }}

),

as_of_days as (

    select
        'evaluation' as as_of,
        evaluation_seconds as until_seconds
    from known
    where evaluation_seconds is not null

    union all

    select
        'current' as as_of,
        current_seconds as until_seconds
    from known

),

products as (

    select * from {{ ref('dim_products') }}
    where not is_service

),

lines as {{ not_materialized() }} (

    select
        *,
        {{ epoch_seconds('ordered_at') }} as ordered_seconds
    from {{ ref('fct_order_lines') }}
    where is_bought

),

purchases as {{ not_materialized() }} (

    select * from {{ ref('customer_products') }}
    where current_purchases > 0

),

-- The lines are read once for both as_of_days and come down to the prices of a product.
sold_prices as (

    select
        lines.product_id,
        lines.unit_price,
        lines.ordered_seconds <= known.evaluation_seconds as is_of_validation,
        count(*) as lines,
        sum(lines.bought_margin) as margin,
        count(lines.bought_margin) as lines_with_margin,
        max(lines.ordered_seconds) as last_seconds
    from lines
    cross join known
    where lines.ordered_seconds <= known.current_seconds
    group by lines.product_id, lines.unit_price, is_of_validation

),

prices as (

    select
        as_of_days.as_of,
        sold_prices.product_id,
        sold_prices.unit_price,
        max(as_of_days.until_seconds) as until_seconds,
        sum(sold_prices.lines) as lines,
        sum(sold_prices.margin) as margin,
        sum(sold_prices.lines_with_margin) as lines_with_margin,
        max(sold_prices.last_seconds) as last_seconds
    from as_of_days
    inner join sold_prices
        on as_of_days.as_of = 'current'
        or sold_prices.is_of_validation
    group by as_of_days.as_of, sold_prices.product_id, sold_prices.unit_price

),

counted_prices as (

    select
        *,
        sum(lines) over (
            partition by as_of, product_id order by unit_price
            rows between unbounded preceding and current row
        ) as lines_up_to,
        sum(lines) over (partition by as_of, product_id) as product_lines
    from prices

),

-- The usual price is the median: that of the middle line, or the mean of the middle two.
sales as (

    select
        as_of,
        product_id,
        cast(avg(unit_price) filter (
            where 2 * lines_up_to >= product_lines
                and 2 * (lines_up_to - lines) <= product_lines
        ) as decimal(18, 4)) as typical_price,
        cast(
            {{ ratio('sum(margin)', 'sum(lines_with_margin)') }} as decimal(18, 4)
        ) as mean_margin,
        cast(floor((max(until_seconds) - max(last_seconds)) / 86400) as bigint)
            as last_sold_days_ago
    from counted_prices
    group by as_of, product_id

),

product_buyers as (

    select
        product_id,
        count(*) filter (where evaluation_purchases > 0) as evaluation_buyers,
        count(*) as current_buyers
    from purchases
    group by product_id

),

-- Only who bought a product more than once says after how long.
repeat_purchases as (

    select distinct
        lines.customer_id,
        lines.product_id,
        lines.ordered_seconds
    from lines
    inner join purchases
        on lines.customer_id = purchases.customer_id
        and lines.product_id = purchases.product_id
        and purchases.current_purchases > 1

),

repeats as (

    select
        product_id,
        ordered_seconds,
        ordered_seconds - lag(ordered_seconds) over (
            partition by customer_id, product_id order by ordered_seconds
        ) as gap_seconds
    from repeat_purchases

),

gaps as (

    select
        as_of_days.as_of,
        repeats.product_id,
        count(*) as repeats,
        cast(floor(median(repeats.gap_seconds) / 86400) as bigint) as typical_gap_days
    from as_of_days
    inner join repeats
        on as_of_days.until_seconds >= repeats.ordered_seconds
        and repeats.gap_seconds is not null
    group by as_of_days.as_of, repeats.product_id

),

priced as (

    select
        sales.*,
        products.product_name,
        products.category_1,
        products.is_active
        and sales.last_sold_days_ago <= {{ var('assortment_days') }} as is_offered,
        coalesce(
            case sales.as_of
                when 'evaluation' then product_buyers.evaluation_buyers
                else product_buyers.current_buyers
            end,
            0
        ) as buyers,
        case when gaps.repeats >= {{ var('repurchase_min_repeats') }}
            then gaps.typical_gap_days end as repurchase_days,
        coalesce(
            ceil(3 * cume_dist() over (
                partition by sales.as_of, coalesce(products.category_1, '')
                order by sales.typical_price
            )),
            1
        ) as price_third
    from sales
    inner join products
        on sales.product_id = products.product_id
    left join product_buyers
        on sales.product_id = product_buyers.product_id
    left join gaps
        on sales.as_of = gaps.as_of
        and sales.product_id = gaps.product_id

)

select
    as_of,
    product_id,
    product_name,
    category_1,
    case price_third when 1 then 'lower' when 2 then 'middle' else 'upper' end
        as price_band,
    buyers,
    last_sold_days_ago,
    repurchase_days,
    typical_price,
    mean_margin,
    is_offered
from priced
