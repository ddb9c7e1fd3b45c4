-- How long a product lasted its buyers, each with one vote, and how far they differ.
with

pairs as (

    select
        *,
        cast(log_interval as decimal(18, 9)) as log_days,
        cast(log_interval * log_interval as decimal(18, 9)) as squared_log_days
    from {{ ref('replenishment_pairs') }}

)

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
