-- Every slice holds each customer of an arm once or not at all: none holds more than the
-- whole, and the list, which every customer has or none, holds all.
with

sums as (

    select
        campaign_id,
        metric,
        arm,
        stratum,
        slice,
        sum(customers) as customers,
        sum(total) as total
    from {{ ref('campaign_outcomes') }}
    group by campaign_id, metric, arm, stratum, slice

)

select
    slices.campaign_id,
    slices.metric,
    slices.arm,
    slices.slice,
    slices.customers,
    wholes.customers as customers_of_all
from sums as slices
inner join sums as wholes
    on slices.campaign_id = wholes.campaign_id
    and slices.metric = wholes.metric
    and slices.arm = wholes.arm
    and slices.stratum = wholes.stratum
    and wholes.slice = 'all'
where slices.customers > wholes.customers
    or (
        slices.slice = 'list'
        and (slices.customers <> wholes.customers or slices.total <> wholes.total)
    )
