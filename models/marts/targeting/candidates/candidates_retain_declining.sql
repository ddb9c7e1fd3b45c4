-- Regular customers whose activity will probably fall; where no model knows whose,
-- those who are overdue by their own rhythm.
with

scores as (

    select * from {{ ref('activity_scores') }}

)

select
    customer_id,
    cast(null as string) as product_id,
    case basis
        when 'overdue' then {{ text('without an order for longer than is typical') }}
        else {{ text('high risk of falling activity') }}
    end
        || coalesce(': ' || reason_1, '')
        || coalesce('; ' || reason_2, '') as reason,
    coalesce(p_decline, 0) as score
from scores
where risk_band = 'high'
    and basis in ('model', 'baseline', 'overdue')
