-- Who visited the site in whole periods around the send.
{{ config(materialized='ephemeral') }}
with

windows as (

    select * from {{ ref('campaign_windows') }}

),

customers as (

    select * from {{ ref('campaign_arms') }}

),

site_activity as (

    select
        customer_id,
        visits,
        period_start
    from {{ by_person('site_activity') }} as site_activity
    where decision = 'accepted'

),

-- A period ends where the next begins; of the last one nobody knows whether it
-- is whole. A file of one period gives a single figure per customer, for both
-- arms alike.
periods as (

    select
        period_start,
        case
            when count(*) over () = 1 then greatest(period_start, {{ as_of_date() }})
            else lead(period_start) over (order by period_start)
        end as period_end,
        count(*) over () = 1 as is_only_period
    from (select distinct period_start from site_activity) as starts

),

-- Whole periods that begin in the window, and as many days before, whole ones that
-- ended before the send.
watched as (

    select
        windows.campaign_id,
        periods.period_start,
        periods.period_start >= windows.window_start_at as is_after_send
    from windows
    inner join periods
        on (
            windows.window_start_at <= periods.period_start
            and windows.window_end_at > periods.period_start
            and (periods.period_end <= {{ as_of_date() }} or periods.is_only_period)
        )
        or (
            windows.pre_start_at < periods.period_end
            and windows.window_start_at >= periods.period_end
        )

),

watched_campaigns as (

    select
        campaign_id,
        bool_or(is_after_send) as is_watched
    from watched
    group by campaign_id

),

visited as (

    select
        watched.campaign_id,
        site_activity.customer_id,
        max(case when watched.is_after_send and site_activity.visits > 0 then 1 else 0 end)
            as post_visit,
        max(case when not watched.is_after_send and site_activity.visits > 0 then 1 else 0 end)
            as pre_visit
    from watched
    inner join site_activity
        on watched.period_start = site_activity.period_start
    group by watched.campaign_id, site_activity.customer_id

)

select
    customers.campaign_id,
    customers.customer_id,
    case
        when watched_campaigns.is_watched then coalesce(visited.post_visit, 0)
    end as visit,
    case
        when watched_campaigns.is_watched then coalesce(visited.pre_visit, 0)
    end as pre_visit
from customers
left join watched_campaigns
    on customers.campaign_id = watched_campaigns.campaign_id
left join visited
    on customers.campaign_id = visited.campaign_id
    and customers.customer_id = visited.customer_id
