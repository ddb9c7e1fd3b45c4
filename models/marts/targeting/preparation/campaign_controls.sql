-- How the controls of each campaign vary: what two comparisons with the same controls share.
with

outcomes as (

    select * from {{ ref('campaign_outcomes') }}
    where slice = 'all'
        and arm = 'control'

),

summed as (

    select
        campaign_id,
        metric,
        sum(customers) as customers,
        sum(total) as total,
        sum(total_of_squares) as total_of_squares
    from outcomes
    group by campaign_id, metric

)

select
    campaign_id,
    metric,
    cast(customers as bigint) as customers,
    case
        when customers > 1 then greatest(
            cast(total_of_squares as double)
            - cast(total as double) * cast(total as double) / customers,
            0
        ) / (customers - 1)
    end as variance
from summed
where customers > 0
