-- How long a product lasts its buyers, each with one vote, shrunk to how long all
-- products do: the fewer buyers, the more.
with

pairs as (

    select
        *,
        cast(log_interval as decimal(18, 9)) as log_days,
        cast(log_interval * log_interval as decimal(18, 9)) as squared_log_days
    from {{ ref('replenishment_pairs') }}

),

products as (

    select
        as_of,
        product_id,
        count(*) as pairs,
        cast(avg(log_days) as double) as log_interval,
        greatest(
            cast(sum(squared_log_days) as double)
            - cast(sum(log_days) as double) * cast(sum(log_days) as double) / count(*),
            0
        ) as deviations_of_pairs,
        sum(cast(squared_deviations as decimal(38, 9))) as deviations_within_pairs,
        sum(intervals - 1) as freedom_within_pairs
    from pairs
    group by as_of, product_id

),

-- One-way analyses of variance by moments: of intervals by pair, of pairs by product.
of_pairs as (

    select
        as_of,
        {{ ratio(
            'sum(cast(squared_deviations as decimal(38, 9)))', 'sum(intervals - 1)'
        ) }} as variance_within_pairs,
        cast(avg(cast(1.0 / intervals as decimal(18, 9))) as double) as mean_inverse,
        cast(avg(log_days) as double) as log_interval
    from pairs
    group by as_of

),

of_products as (

    select
        products.as_of,
        {{ ratio(
            'sum(cast(products.deviations_of_pairs as decimal(38, 9)))',
            'sum(products.pairs - 1)'
        ) }} as variance_of_pairs,
        {{ ratio(
            'sum(cast(products.pairs * power(products.log_interval - of_pairs.log_interval, 2)'
            ~ ' as decimal(38, 9)))',
            'count(*) - 1'
        ) }} as mean_square_of_products,
        (sum(products.pairs) - {{ ratio(
            'sum(products.pairs * products.pairs)', 'sum(products.pairs)'
        ) }}) / nullif(count(*) - 1, 0) as pairs_per_product
    from products
    inner join of_pairs
        on products.as_of = of_pairs.as_of
    group by products.as_of

),

variances as (

    select
        of_pairs.*,
        of_products.variance_of_pairs,
        greatest(
            of_products.variance_of_pairs
            - of_pairs.variance_within_pairs * of_pairs.mean_inverse,
            0
        ) as variance_between_pairs,
        greatest(
            (of_products.mean_square_of_products - of_products.variance_of_pairs)
            / of_products.pairs_per_product,
            0
        ) as variance_between_products
    from of_pairs
    inner join of_products
        on of_pairs.as_of = of_products.as_of

),

-- A variance that nothing tells has no weight.
weighted as (

    select
        products.as_of,
        products.product_id,
        products.pairs,
        products.log_interval,
        products.deviations_within_pairs,
        products.freedom_within_pairs,
        variances.log_interval as shop_log_interval,
        variances.variance_within_pairs,
        variances.variance_between_pairs,
        case
            when variances.variance_between_products > 0
                then products.pairs / (
                    products.pairs
                    + variances.variance_of_pairs / variances.variance_between_products
                )
            else 0
        end as weight
    from products
    inner join variances
        on products.as_of = variances.as_of

)

select
    as_of,
    product_id,
    pairs,
    shop_log_interval + weight * (log_interval - shop_log_interval) as log_interval,
    -- Shrunk to that of all products, which weighs as much as two intervals.
    (cast(deviations_within_pairs as double) + 2 * variance_within_pairs)
    / (cast(freedom_within_pairs as double) + 2) as variance_of_product,
    variance_within_pairs,
    variance_between_pairs
from weighted
