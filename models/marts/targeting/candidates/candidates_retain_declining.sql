-- Regular customers whose activity will probably fall.
with

scores as (

    select * from {{ ref('activity_scores') }}

)

select
    customer_id,
    cast(null as string) as product_id,
    {{ text('high risk of falling activity') }}
        || coalesce(': ' || reason_1, '')
        || coalesce('; ' || reason_2, '') as reason,
    coalesce(p_decline, 0) as score
from scores
where risk_band = 'high'
