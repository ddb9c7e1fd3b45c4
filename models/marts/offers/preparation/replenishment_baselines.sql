-- How often pairs of a cell were bought, next to those of the same rhythm and a like
-- usual interval that were not yet due; cells without such pairs are left out.
with

customer_cells as (

    select * from {{ ref('replenishment_cells') }}

),

cells as (

    select
        as_of,
        rhythm,
        state,
        interval_band,
        sum(pairs) as pairs,
        {{ ratio('sum(bought)', 'sum(pairs)') }} as bought_share
    from customer_cells
    group by as_of, rhythm, state, interval_band

)

select
    cells.as_of,
    cells.rhythm,
    cells.state,
    cells.interval_band,
    cells.pairs,
    cells.bought_share,
    baselines.bought_share as baseline_share,
    cells.pairs / cast(baselines.pairs as double) as weight
from cells
inner join cells as baselines
    on cells.as_of = baselines.as_of
    and cells.rhythm = baselines.rhythm
    and cells.interval_band = baselines.interval_band
    and baselines.state = 'not_yet_due'
where cells.state <> 'not_yet_due'
