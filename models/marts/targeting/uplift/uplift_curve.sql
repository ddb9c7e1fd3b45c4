with

curves as (

    select * from {{ ref('uplift_curves') }}

)

select
    ranking,
    cast(tenth as bigint) as tenth,
    cast(customers as bigint) as customers,
    gain,
    random_gain
from curves
