-- How far intervals of a pair differ, pairs of a product, and products: one-way analyses
-- of variance by moments. What nothing tells is empty, or no difference.
with

pairs as (

    select
        *,
        cast(log_interval as decimal(18, 9)) as log_days,
        cast(log_interval * log_interval as decimal(18, 9)) as squared_log_days
    from {{ ref('replenishment_pairs') }}

),

products as (

    select * from {{ ref('replenishment_product_means') }}

),

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

)

select
    of_pairs.as_of,
    of_pairs.log_interval,
    of_pairs.variance_within_pairs,
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
