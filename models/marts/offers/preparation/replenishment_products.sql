-- How long a product lasts its buyers, shrunk to how long all products do: the fewer
-- buyers, the more.
with

products as (

    select * from {{ ref('replenishment_product_means') }}

),

variances as (

    select * from {{ ref('replenishment_variances') }}

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
