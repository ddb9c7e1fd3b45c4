with

curves as (

    select * from {{ ref('ml_uplift_curve') }}

)

select
    ranking,
    cast(decile as bigint) as decile,
    cast(customers as bigint) as customers,
    gain,
    random_gain
from curves
