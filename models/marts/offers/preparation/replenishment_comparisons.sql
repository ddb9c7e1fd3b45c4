-- How often pairs of a state were bought in the window, next to pairs of a like usual
-- interval and rhythm that were not yet due: what lasts a week is bought within two
-- whatever its state. Customers, not pairs, are the sample: who shops buys several products.
with

customer_cells as (

    select * from {{ ref('replenishment_cells') }}

),

compared as (

    select * from {{ ref('replenishment_baselines') }}

),

-- What each customer adds to the difference beyond its mean.
deviations as (

    select
        compared.as_of,
        compared.rhythm,
        compared.state,
        customer_cells.customer_id,
        customer_cells.bought - customer_cells.pairs * compared.bought_share as deviation
    from compared
    inner join customer_cells
        on compared.as_of = customer_cells.as_of
        and compared.state = customer_cells.state
        and compared.rhythm = customer_cells.rhythm
        and compared.interval_band = customer_cells.interval_band

    union all

    select
        compared.as_of,
        compared.rhythm,
        compared.state,
        customer_cells.customer_id,
        -compared.weight * (
            customer_cells.bought - customer_cells.pairs * compared.baseline_share
        ) as deviation
    from compared
    inner join customer_cells
        on compared.as_of = customer_cells.as_of
        and compared.rhythm = customer_cells.rhythm
        and compared.interval_band = customer_cells.interval_band
        and customer_cells.state = 'not_yet_due'

),

by_customer as (

    select
        as_of,
        rhythm,
        state,
        customer_id,
        sum(cast(deviation as decimal(38, 9))) as deviation
    from deviations
    group by as_of, rhythm, state, customer_id

),

spreads as (

    select
        as_of,
        rhythm,
        state,
        sqrt(cast(sum(cast(
            cast(deviation as double) * cast(deviation as double) as decimal(38, 9)
        )) as double)) as spread
    from by_customer
    group by as_of, rhythm, state

),

totals as (

    select
        as_of,
        rhythm,
        state,
        sum(pairs) as compared_pairs,
        cast(sum(cast(pairs * baseline_share as decimal(38, 9))) as double) as expected,
        cast(sum(cast(pairs * bought_share as decimal(38, 9))) as double) as bought
    from compared
    group by as_of, rhythm, state

)

select
    totals.as_of,
    totals.rhythm,
    totals.state,
    totals.compared_pairs,
    totals.expected / totals.compared_pairs as baseline_share,
    (totals.bought - totals.expected) / totals.compared_pairs as gain,
    spreads.spread / totals.compared_pairs as gain_se
from totals
inner join spreads
    on totals.as_of = spreads.as_of
    and totals.rhythm = spreads.rhythm
    and totals.state = spreads.state
