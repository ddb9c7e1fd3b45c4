{% set measures = [
    'treatment_mean', 'control_mean', 'difference', 'relative_lift', 'standard_error',
    'lower_95', 'upper_95', 'p_value', 'q_value', 'cuped_difference', 'cuped_lower_95',
    'cuped_upper_95', 'cuped_p_value', 'variance_reduction', 'clipped_difference',
    'clipped_lower_95', 'clipped_upper_95', 'clipped_p_value',
] -%}
with

lifts as (

    select
        campaign_id,
        metric,
        slice,
        slice_value,
        arm,
        cast(treatment_customers as bigint) as treatment_customers,
        cast(control_customers as bigint) as control_customers,
        {%- for measure in measures %}
        {{ null_if_nan(measure) }} as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('ml_campaign_lift') }}

),

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

-- A single period is told as one figure, and ends nowhere.
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

),

metrics as (

    select * from {{ ref('experiment_metrics') }}

),

described as (

    select
        lifts.*,
        windows.list_name,
        metrics.unit,
        metrics.is_lower_better,
        case
            when lifts.metric = 'responded' then 'reported'
            when lifts.metric = 'visit' and site_periods.is_only_period then 'reported'
            when lifts.metric in ('visit', 'returns') then 'orders'
            when lifts.metric = 'purchase' then customers.purchase_basis
            when lifts.metric = 'revenue' then customers.revenue_basis
            else customers.margin_basis
        end as reported_basis,
        case
            when lifts.slice = 'cluster' and not customers.is_cluster_of_then then 'today'
            else 'before the send'
        end as slice_basis,
        coalesce(
            case when lifts.metric = 'purchase' then cast(priors.smallest_effect as double) end,
            cast(metrics.smallest_share as double) * abs(lifts.control_mean)
        ) as smallest_effect,
        ratios.sample_ratio_p,
        coalesce(ratios.is_broken, false) as is_ratio_broken,
        planned_controls.campaign_id is not null as has_planned_control,
        coalesce(customers.has_control, false) as has_control,
        windows.is_window_over,
        windows.has_sales,
        windows.window_start_at,
        windows.window_end_at
    from lifts
    inner join windows
        on lifts.campaign_id = windows.campaign_id
    inner join metrics
        on lifts.metric = metrics.metric
    cross join site_periods
    left join customers
        on lifts.campaign_id = customers.campaign_id
    left join ratios
        on lifts.campaign_id = ratios.campaign_id
    left join planned_controls
        on lifts.campaign_id = planned_controls.campaign_id
    left join priors
        on windows.list_name = priors.list_name

),

-- A lift of returns is a harm. What is told of the customers needs no window of orders.
validated as (

    select
        *,
        case
            when metric = 'visit' then 'site activity'
            else reported_basis
        end as outcome_basis,
        case when is_lower_better then -difference else difference end as gain,
        greatest(abs(lower_95), abs(upper_95)) as largest_effect,
        case
            when reported_basis <> 'reported' and not is_window_over
                then {{ text('window not over: not read') }}
            when not has_control and not has_planned_control
                then {{ text('no control arm: not read') }}
            when treatment_customers = 0 or control_customers = 0
                then {{ text('empty arm: not read') }}
            when is_ratio_broken then {{ text('sample ratio broken: not read') }}
            when reported_basis = 'orders' and metric <> 'visit' and not has_sales
                then {{ text('no orders known in the window: not read') }}
            when slice_basis = 'today'
                then {{ text('grouped by what came after the send: not read') }}
        end as unread_reason
    from described

)

select
    campaign_id,
    list_name,
    metric,
    slice,
    slice_value,
    arm,
    case
        when unread_reason is not null then 'not_read'
        when q_value < 0.05 and gain > 0 then 'works'
        when q_value < 0.05 and gain < 0 then 'harms'
        when largest_effect <= smallest_effect then 'no_effect'
        else 'underpowered'
    end as verdict_code,
    case
        when unread_reason is not null then unread_reason
        when q_value < 0.05 and gain > 0 then {{ text('works') }}
        when q_value < 0.05 and gain < 0 then {{ text('harms') }}
        when largest_effect <= smallest_effect and unit = 'share' then {{ text(
            'no effect larger than {points} points',
            points='cast(cast(100 * largest_effect as decimal(9, 2)) as string)'
        ) }}
        when largest_effect <= smallest_effect then {{ text(
            'no effect larger than {amount}',
            amount='cast(cast(largest_effect as decimal(18, 2)) as string)'
        ) }}
        else {{ text('underpowered') }}
    end as verdict,
    outcome_basis,
    slice_basis,
    treatment_customers,
    control_customers,
    {%- for measure in measures %}
    {{ measure }},
    {%- endfor %}
    difference * treatment_customers as incremental_total,
    lower_95 * treatment_customers as incremental_lower_95,
    upper_95 * treatment_customers as incremental_upper_95,
    smallest_effect,
    sample_ratio_p,
    unread_reason is null as is_read,
    window_start_at,
    window_end_at
from validated
