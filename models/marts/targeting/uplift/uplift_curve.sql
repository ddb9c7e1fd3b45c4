with

curves as (

    select * from {{ ref('uplift_curves') }}

)

select
    ranking,
    cast(decile as bigint) as decile,
    cast(customers as bigint) as customers,
    gain,
    random_gain
from curves
