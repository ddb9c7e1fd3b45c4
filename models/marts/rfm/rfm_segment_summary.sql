with

scores as (

    select * from {{ ref('rfm_scores') }}

),

summed as (

    select
        basis,
        segment,
        count(*) as customers,
        sum(monetary) as revenue,
        sum(margin) as margin,
        {{ ratio('sum(recency_days)', 'count(recency_days)') }} as mean_recency_days,
        {{ ratio('sum(frequency)', 'count(frequency)') }} as mean_frequency,
        {{ ratio('sum(monetary)', 'count(monetary)') }} as mean_monetary
    from scores
    group by basis, segment

)

select
    basis,
    segment,
    customers,
    {{ share_of('customers', 'basis') }} as customer_share,
    cast(revenue as decimal(18, 4)) as revenue,
    {{ share_of('revenue', 'basis') }} as revenue_share,
    cast(margin as decimal(18, 4)) as margin,
    mean_recency_days,
    mean_frequency,
    mean_monetary
from summed
