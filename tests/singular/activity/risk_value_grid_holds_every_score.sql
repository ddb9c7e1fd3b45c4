-- Cells that hold everyone who has a risk band, band by band, and their value; whose value is
-- unknown has cells of their own, without any.
with

grid as (

    select
        risk_band,
        count(*) as cells,
        sum(customers) as customers,
        sum(customers) filter (where value_band = 'unknown') as unknown_customers,
        sum(customer_value) as customer_value,
        sum(customer_value) filter (where value_band = 'unknown') as unknown_value
    from {{ ref('risk_value_grid') }}
    group by risk_band

),

scored as (

    select
        scores.risk_band,
        count(*) as customers,
        count(*) filter (where customers.customer_value is null) as unknown_customers,
        sum(customers.customer_value) as customer_value
    from {{ ref('activity_scores') }} as scores
    left join {{ ref('activity_values') }} as customers
        on scores.customer_id = customers.customer_id
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
where grid.cells is distinct from 4
    or grid.customers is distinct from coalesce(scored.customers, 0)
    or grid.unknown_customers is distinct from coalesce(scored.unknown_customers, 0)
    or coalesce(grid.unknown_value, 0) <> 0
    or coalesce(grid.customer_value, 0) is distinct from coalesce(scored.customer_value, 0)
