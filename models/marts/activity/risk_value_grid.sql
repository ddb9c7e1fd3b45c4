-- Nine cells: how much a customer is worth (thirds of the margin, of the revenue
-- where costs are unknown) by how likely the customer is to buy less.
with

scores as (

    select * from {{ ref('activity_scores') }}

),

totals as (

    select * from {{ ref('int_customer_totals') }}
    where basis = 'bought'

),

valued as (

    select
        scores.customer_id,
        scores.risk_band,
        scores.p_decline,
        coalesce(totals.margin, totals.revenue, 0) as customer_value
    from scores
    left join totals
        on scores.customer_id = totals.customer_id

),

placed as (

    select
        *,
        floor(
            3 * (rank() over (order by customer_value) - 1) / count(*) over ()
        ) as third
    from valued

),

cells as (

    select
        value_bands.value_band,
        risk_bands.risk_band,
        value_bands.third
    from (values (0, 'low'), (1, 'middle'), (2, 'high'))
        as value_bands (third, value_band)
    cross join (values ('low'), ('medium'), ('high')) as risk_bands (risk_band)

)

select
    cells.value_band,
    cells.risk_band,
    count(placed.customer_id) as customers,
    cast(coalesce(sum(placed.customer_value), 0) as decimal(18, 4)) as customer_value,
    case
        when count(placed.customer_id) = 0 then cast(0 as decimal(18, 4))
        else cast(sum(
            cast(placed.customer_value * cast(placed.p_decline as decimal(9, 6))
                as decimal(18, 4))
        ) as decimal(18, 4))
    end as value_at_risk
from cells
left join placed
    on cells.third = placed.third
    and cells.risk_band = placed.risk_band
group by cells.value_band, cells.risk_band
