with

known as (

    select * from {{ ref('recommendation_days') }}

),

as_of_days as (

    select * from {{ ref('recommendation_as_of_days') }}

),

lines as (

    select
        *,
        {{ epoch_seconds('ordered_at') }} as ordered_seconds
    from {{ ref('fct_order_lines') }}
    where is_bought

),

-- The lines are read once for all days and come down to the prices of a product.
sold_prices as (

    select
        lines.product_id,
        lines.unit_price,
        case
            when lines.ordered_seconds <= known.validation_seconds then 0
            when lines.ordered_seconds <= known.evaluation_seconds then 1
            else 2
        end as first_day,
        count(*) as lines,
        sum(lines.bought_margin) as margin,
        count(lines.bought_margin) as lines_with_margin,
        max(lines.ordered_seconds) as last_seconds
    from lines
    cross join known
    where lines.ordered_seconds <= known.current_seconds
    group by lines.product_id, lines.unit_price, first_day

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
        on sold_prices.first_day
        <= case as_of_days.as_of when 'validation' then 0 when 'evaluation' then 1 else 2 end
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

)

-- The typical price is the median: that of the middle line, or the mean of the
-- middle two.
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
