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

conditions as (

    select * from {{ ref('campaign_conditions') }}

),

metrics as (

    select * from {{ ref('experiment_metrics') }}

),

described as (

    select
        lifts.*,
        conditions.list_name,
        metrics.unit,
        metrics.is_lower_better,
        case
            when lifts.metric = 'responded' then 'reported'
            when lifts.metric = 'visit' then conditions.visit_basis
            when lifts.metric = 'returns' then 'orders'
            when lifts.metric = 'purchase' then conditions.purchase_basis
            when lifts.metric = 'revenue' then conditions.revenue_basis
            else conditions.margin_basis
        end as reported_basis,
        case
            when lifts.slice = 'cluster' and not conditions.is_cluster_of_then then 'today'
            else 'before the send'
        end as slice_basis,
        coalesce(
            case when lifts.metric = 'purchase' then conditions.smallest_purchase_effect end,
            cast(metrics.smallest_share as double) * abs(lifts.control_mean)
        ) as smallest_effect,
        conditions.sample_ratio_p,
        conditions.is_ratio_broken,
        conditions.has_planned_control,
        conditions.has_control,
        conditions.is_window_over,
        conditions.has_sales,
        conditions.window_start_at,
        conditions.window_end_at
    from lifts
    inner join conditions
        on lifts.campaign_id = conditions.campaign_id
    inner join metrics
        on lifts.metric = metrics.metric

),

-- A lift of returns is a harm. What is reported about the customers needs no
-- window of orders.
validated as (

    select
        *,
        case when metric = 'visit' then 'site activity' else reported_basis end as outcome_basis,
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
    {{ verdict_code('q_value', 'gain') }} as verdict_code,
    {{ verdict('q_value', 'gain') }} as verdict,
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
