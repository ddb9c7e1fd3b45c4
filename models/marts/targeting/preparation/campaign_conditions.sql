-- What decides whether the outcomes of a campaign can be read.
{{ config(materialized='ephemeral') }}
with

windows as (

    select * from {{ ref('campaign_windows') }}

),

ratios as (

    select
        assignment_id as campaign_id,
        {{ null_if_nan('p_value') }} as sample_ratio_p,
        is_broken
    from {{ ref('ml_campaign_checks') }}
    where check_name = 'sample ratio'

),

customers as (

    select
        campaign_id,
        bool_or(arm = 'control') as has_control,
        bool_and(is_cluster_of_then) as is_cluster_of_then,
        max(purchase_basis) as purchase_basis,
        max(revenue_basis) as revenue_basis,
        max(margin_basis) as margin_basis
    from {{ ref('campaign_customers') }}
    group by campaign_id

),

-- A single period is reported as one figure, without an end.
site_periods as (

    select count(distinct period_start) = 1 as is_only_period
    from {{ ref('int_site_activity_validated') }}
    where decision = 'accepted'

),

planned_controls as (

    select distinct campaign_id
    from {{ ref('planned_arm_shares') }}
    where arm = 'control'

),

priors as (

    select * from {{ ref('list_priors') }}

)

select
    windows.campaign_id,
    windows.list_name,
    case when site_periods.is_only_period then 'reported' else 'orders' end as visit_basis,
    customers.purchase_basis,
    customers.revenue_basis,
    customers.margin_basis,
    ratios.sample_ratio_p,
    cast(priors.smallest_effect as double) as smallest_purchase_effect,
    coalesce(ratios.is_broken, false) as is_ratio_broken,
    planned_controls.campaign_id is not null as has_planned_control,
    coalesce(customers.has_control, false) as has_control,
    customers.is_cluster_of_then,
    windows.is_window_over,
    windows.has_sales,
    windows.window_start_at,
    windows.window_end_at
from windows
cross join site_periods
left join customers
    on windows.campaign_id = customers.campaign_id
left join ratios
    on windows.campaign_id = ratios.campaign_id
left join planned_controls
    on windows.campaign_id = planned_controls.campaign_id
left join priors
    on windows.list_name = priors.list_name
