{{ config(materialized='ephemeral') }}
with

outcomes as (

    select * from {{ ref('campaign_outcomes') }}
    where slice = 'all'
        and arm = 'control'

),

lifts as (

    select distinct
        campaign_id,
        metric
    from {{ ref('campaign_lift') }}
    where slice = 'all'
        and is_read

),

controls as (

    select
        outcomes.list_name,
        outcomes.metric,
        count(distinct outcomes.campaign_id) as campaigns,
        sum(outcomes.customers) as customers,
        sum(outcomes.total) as total,
        sum(outcomes.total_of_squares) as total_of_squares
    from outcomes
    inner join lifts
        on outcomes.campaign_id = lifts.campaign_id
        and outcomes.metric = lifts.metric
    where outcomes.list_name is not null
    group by outcomes.list_name, outcomes.metric

)

select
    list_name,
    metric,
    case
        when campaigns = 1 then {{ text('controls of 1 campaign') }}
        else {{ text('controls of {campaigns} campaigns', campaigns='campaigns') }}
    end as baseline_basis,
    customers,
    {{ ratio('total', 'customers') }} as baseline_mean,
    {{ ratio('total_of_squares', 'customers') }} as mean_of_squares
from controls
