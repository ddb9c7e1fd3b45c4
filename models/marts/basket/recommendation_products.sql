-- What may be offered at a moment, after how long it is bought again, and in which
-- band of its category the price lies.
with

periods as (

    select * from {{ ref('basket_periods') }}

),

moments as (

    select
        'tested' as moment,
        confirmed_until_seconds as until_seconds
    from periods
    where is_split

    union all

    select
        'current' as moment,
        tested_until_seconds as until_seconds
    from periods

),

products as (

    select * from {{ ref('dim_products') }}
    where not is_service

),

-- Asked more than once, and too many to be held meanwhile.
lines as {{ unheld() }} (

    select
        *,
        {{ epoch_seconds('ordered_at') }} as ordered_seconds
    from {{ ref('fct_order_lines') }}
    where is_bought

),

sales as (

    select
        moments.moment,
        lines.product_id,
        median(lines.unit_price) as usual_price,
        cast(avg(lines.bought_margin) as decimal(18, 4)) as mean_margin,
        count(distinct lines.customer_id) as buyers,
        cast(
            floor((max(moments.until_seconds) - max(lines.ordered_seconds)) / 86400)
            as bigint
        ) as last_sold_days_ago
    from moments
    inner join lines
        on moments.until_seconds >= lines.ordered_seconds
    group by moments.moment, lines.product_id

),

repeats as (

    select
        product_id,
        ordered_seconds,
        ordered_seconds - lag(ordered_seconds) over (
            partition by customer_id, product_id order by ordered_seconds
        ) as gap_seconds
    from (
        select distinct
            customer_id,
            product_id,
            ordered_seconds
        from lines
        where customer_id is not null
    ) as known_lines

),

gaps as (

    select
        moments.moment,
        repeats.product_id,
        count(*) as repeats,
        cast(floor(median(repeats.gap_seconds) / 86400) as bigint) as usual_gap_days
    from moments
    inner join repeats
        on moments.until_seconds >= repeats.ordered_seconds
        and repeats.gap_seconds is not null
    group by moments.moment, repeats.product_id

),

priced as (

    select
        sales.*,
        products.product_name,
        products.category_1,
        products.is_active
        and sales.last_sold_days_ago <= {{ var('assortment_days') }} as is_offered,
        case when gaps.repeats >= {{ var('repurchase_min_repeats') }}
            then gaps.usual_gap_days end as repurchase_days,
        coalesce(
            ceil(3 * cume_dist() over (
                partition by sales.moment, coalesce(products.category_1, '')
                order by sales.usual_price
            )),
            1
        ) as price_third
    from sales
    inner join products
        on sales.product_id = products.product_id
    left join gaps
        on sales.moment = gaps.moment
        and sales.product_id = gaps.product_id

)

select
    moment,
    product_id,
    product_name,
    category_1,
    case price_third when 1 then 'lower' when 2 then 'middle' else 'upper' end
        as price_band,
    buyers,
    last_sold_days_ago,
    repurchase_days,
    cast(usual_price as decimal(18, 4)) as usual_price,
    mean_margin,
    is_offered
from priced
