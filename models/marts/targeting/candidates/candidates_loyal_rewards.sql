-- The best customers by recency, frequency and spend.
with

scores as (

    select * from {{ ref('rfm_scores') }}
    where basis = 'bought'

)

select
    customer_id,
    cast(null as string) as product_id,
    {{ text(
        '{segment}: {orders} orders worth {revenue}, the last {days} days ago',
        segment=label('segment', 'segment'),
        orders='frequency',
        revenue='cast(monetary as decimal(18, 2))',
        days='recency_days'
    ) }} as reason,
    cast(monetary as double) as score
from scores
where segment in ('Champions', 'Loyal')
