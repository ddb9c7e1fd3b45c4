-- The uplift of the candidates of today's lists, where it ranks better than chance; then it is
-- what their value rests on.
with

estimates as (

    select * from {{ ref('ml_uplift_scores') }}

),

evaluations as (

    select * from {{ ref('uplift_evaluations') }}
    where ranking = 'uplift'
        and is_better

)

select
    estimates.list_name,
    estimates.customer_id,
    cast(row_number() over (
        partition by estimates.list_name
        order by estimates.uplift desc, estimates.customer_id
    ) as bigint) as rank,
    estimates.uplift
from estimates
cross join evaluations
