-- The best customers by recency, frequency and spend.
with

scores as (

    select * from {{ ref('rfm_scores') }}
    where basis = 'bought'

)

select
    customer_id,
    cast(null as string) as product_id,
    segment || ': ' || frequency || ' orders worth '
        || cast(monetary as decimal(18, 2)) || ', the last '
        || recency_days || ' days ago' as reason,
    cast(monetary as double) as score
from scores
where segment in ('Champions', 'Loyal')
