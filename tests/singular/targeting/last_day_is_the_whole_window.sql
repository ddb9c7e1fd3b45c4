-- A campaign whose window is over has, on its last day, the outcomes that campaign_outcomes
-- counts over the window, and the interval that campaign_lift's standard error makes.
with

last_days as (

    select * from {{ ref('campaign_outcomes_over_time') }}
    where days_after_send = {{ var('conversion_window_days') }}

),

outcomes as (

    select
        campaign_id,
        metric,
        arm,
        sum(customers) as customers,
        sum(total) as total
    from {{ ref('campaign_outcomes') }}
    where slice = 'all'
        and is_window_over
        and customers > 0
        and arm <> 'unassigned'
    group by campaign_id, metric, arm

),

reported as (

    select distinct
        campaign_id,
        metric
    from {{ ref('campaign_lift') }}
    where outcome_basis = 'reported'

),

lifts as (

    select * from {{ ref('campaign_lift') }}
    where slice = 'all'
        and metric in ('revenue', 'margin', 'returns')

)

select
    outcomes.campaign_id,
    outcomes.metric,
    outcomes.arm,
    outcomes.total,
    last_days.total as total_of_last_day,
    lifts.standard_error,
    last_days.upper_95
from outcomes
inner join {{ ref('experiment_metrics') }} as metrics
    on outcomes.metric = metrics.metric
    and metrics.metric in ('purchase', 'revenue', 'margin', 'returns')
left join last_days
    on outcomes.campaign_id = last_days.campaign_id
    and outcomes.metric = last_days.metric
    and outcomes.arm = last_days.arm
left join reported
    on outcomes.campaign_id = reported.campaign_id
    and outcomes.metric = reported.metric
left join lifts
    on outcomes.campaign_id = lifts.campaign_id
    and outcomes.metric = lifts.metric
    and outcomes.arm = lifts.arm
where reported.campaign_id is null
    and (
        last_days.total is distinct from outcomes.total
        or last_days.customers is distinct from outcomes.customers
        or (
            not exists (
                select strata.stratum
                from {{ ref('campaign_outcomes') }} as strata
                where strata.campaign_id = outcomes.campaign_id
                    and strata.stratum <> 'all'
            )
            and abs(
                last_days.upper_95 - lifts.difference - 1.959964 * lifts.standard_error
            ) > 1e-6
        )
    )
