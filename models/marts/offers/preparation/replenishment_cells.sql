-- How many pairs a customer had in a state, by rhythm and usual interval, and how many of
-- them were bought within the window.
with

pairs as (

    select
        *,
        -- Intervals within a factor of two are alike.
        cast(floor(log2(usual_interval_days)) as integer) as interval_band
    from {{ ref('replenishment_intervals') }}
    where as_of <> 'current'

)

select
    as_of,
    rhythm,
    state,
    interval_band,
    customer_id,
    count(*) as pairs,
    count(*) filter (where is_bought_again) as bought
from pairs
group by as_of, rhythm, state, interval_band, customer_id
