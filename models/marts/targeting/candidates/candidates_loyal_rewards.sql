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
        '{segment}: {orders} worth {revenue}, the last {days} ago',
        segment=label('segment', 'segment'),
        orders=counted('frequency', 'order|orders'),
        revenue='cast(monetary as decimal(18, 2))',
        days=counted('recency_days', 'day|days')
    ) }} as reason,
    cast(monetary as double) as score
from scores
where segment in ('Champions', 'Loyal')
