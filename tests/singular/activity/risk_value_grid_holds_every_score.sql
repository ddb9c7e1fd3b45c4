-- Nine cells that hold everyone who has a risk band, band by band, and their value.
with

grid as (

    select
        risk_band,
        count(*) as cells,
        sum(customers) as customers,
        sum(customer_value) as customer_value
    from {{ ref('risk_value_grid') }}
    group by risk_band

),

scored as (

    select
        scores.risk_band,
        count(*) as customers,
        sum(coalesce(totals.margin, totals.revenue, 0)) as customer_value
    from {{ ref('activity_scores') }} as scores
    left join {{ ref('customer_totals') }} as totals
        on scores.customer_id = totals.customer_id
        and totals.basis = 'bought'
    where scores.risk_band is not null
    group by scores.risk_band

)

select
    coalesce(grid.risk_band, scored.risk_band) as risk_band,
    grid.cells,
    grid.customers,
    scored.customers as scored_customers,
    grid.customer_value,
    scored.customer_value as scored_value
from grid
full join scored
    on grid.risk_band = scored.risk_band
where grid.cells is distinct from 3
    or grid.customers is distinct from coalesce(scored.customers, 0)
    or grid.customer_value is distinct from coalesce(scored.customer_value, 0)
