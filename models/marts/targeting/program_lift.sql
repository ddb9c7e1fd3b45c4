{% set measures = [
    'treatment_mean', 'control_mean', 'difference', 'relative_lift', 'standard_error',
    'lower_95', 'upper_95', 'p_value', 'cuped_difference', 'cuped_lower_95',
    'cuped_upper_95', 'cuped_p_value', 'variance_reduction', 'clipped_difference',
    'clipped_lower_95', 'clipped_upper_95', 'clipped_p_value',
] -%}
with

lifts as (

    select
        scope,
        holdout_period,
        metric,
        cast(treatment_customers as bigint) as customers,
        cast(control_customers as bigint) as holdout_customers,
        {%- for measure in measures %}
        {{ null_if_nan(measure) }} as {{ measure }},
        {%- endfor %}
        {{ null_if_nan('sample_ratio_p') }} as sample_ratio_p,
        is_ratio_broken
    from {{ ref('ml_program_lift') }}

),

periods as (

    select * from {{ ref('program_periods') }}

),

metrics as (

    select * from {{ ref('experiment_metrics') }}

),

described as (

    select
        lifts.*,
        periods.contacted_customers,
        periods.contacted_by_mistake,
        periods.cost,
        periods.is_period_over,
        periods.first_date,
        periods.last_date,
        metrics.unit,
        cast(metrics.smallest_share as double) * abs(lifts.control_mean) as smallest_effect,
        greatest(abs(lifts.lower_95), abs(lifts.upper_95)) as largest_effect,
        case
            when lifts.customers = 0 or lifts.holdout_customers = 0
                then {{ text('empty arm: not read') }}
            when lifts.is_ratio_broken then {{ text('sample ratio broken: not read') }}
            when periods.buyers = 0
                then {{ text('no orders known in the window: not read') }}
            when periods.contacted_customers = 0
                then {{ text('nobody was written to in the period: not read') }}
        end as unread_reason
    from lifts
    inner join periods
        on lifts.scope = periods.scope
        and lifts.holdout_period = periods.holdout_period
    inner join metrics
        on lifts.metric = metrics.metric

)

select
    scope,
    holdout_period,
    metric,
    {{ verdict_code('p_value', 'difference') }} as verdict_code,
    {{ verdict('p_value', 'difference') }} as verdict,
    customers,
    holdout_customers,
    cast(contacted_customers as bigint) as contacted_customers,
    cast(contacted_by_mistake as bigint) as contacted_by_mistake,
    cast(cost as decimal(38, 4)) as cost,
    {%- for measure in measures %}
    {{ measure }},
    {%- endfor %}
    {%- for kind in ['', 'cuped_'] %}
    {{ kind }}difference * customers as {{ kind }}incremental_total,
    {{ kind }}lower_95 * customers as {{ kind }}incremental_lower_95,
    {{ kind }}upper_95 * customers as {{ kind }}incremental_upper_95,
    {%- endfor %}
    smallest_effect,
    sample_ratio_p,
    unread_reason is null as is_read,
    coalesce(is_period_over, false) as is_period_over,
    first_date,
    last_date,
    cast({{ as_of_date() }} as date) as as_of_date
from described
