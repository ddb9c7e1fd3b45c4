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

program_customers as (

    select * from {{ ref('program_customers') }}

),

periods as (

    select * from {{ ref('holdout_windows') }}

),

metrics as (

    select * from {{ ref('experiment_metrics') }}

),

counted as (

    select
        period,
        count(*) filter (where is_contacted and arm = 'not in holdout') as contacted_customers,
        count(*) filter (where is_contacted and arm = 'holdout') as contacted_by_mistake,
        sum(cost) filter (where arm = 'not in holdout') as cost,
        sum(purchase) as buyers
    from program_customers
    group by period

),

-- Of each period, and of all that have begun.
scopes as (

    {% for scope in ['period', 'to date'] -%}
    select
        '{{ scope }}' as scope,
        {{ 'counted.period' if scope == 'period' else "'all'" }} as holdout_period,
        sum(counted.contacted_customers) as contacted_customers,
        sum(counted.contacted_by_mistake) as contacted_by_mistake,
        sum(counted.cost) as cost,
        sum(counted.buyers) as buyers,
        bool_and(periods.end_at <= {{ as_of_date() }}) as is_period_over,
        min(periods.first_date) as first_date,
        max(periods.last_date) as last_date
    from counted
    inner join periods
        on counted.period = periods.period
    {%- if scope == 'period' %}
    group by counted.period

    union all

    {% else %}
    having count(*) > 0
    {%- endif %}
    {%- endfor %}

),

described as (

    select
        lifts.*,
        scopes.contacted_customers,
        scopes.contacted_by_mistake,
        scopes.cost,
        scopes.is_period_over,
        scopes.first_date,
        scopes.last_date,
        metrics.unit,
        cast(metrics.smallest_share as double) * abs(lifts.control_mean) as smallest_effect,
        greatest(abs(lifts.lower_95), abs(lifts.upper_95)) as largest_effect,
        case
            when lifts.customers = 0 or lifts.holdout_customers = 0
                then {{ text('empty arm: not read') }}
            when lifts.is_ratio_broken then {{ text('sample ratio broken: not read') }}
            when scopes.buyers = 0
                then {{ text('no orders known in the window: not read') }}
            when scopes.contacted_customers = 0
                then {{ text('nobody was written to in the period: not read') }}
        end as unread_reason
    from lifts
    inner join scopes
        on lifts.scope = scopes.scope
        and lifts.holdout_period = scopes.holdout_period
    inner join metrics
        on lifts.metric = metrics.metric

)

select
    scope,
    holdout_period,
    metric,
    case
        when unread_reason is not null then 'not_read'
        when p_value < 0.05 and difference > 0 then 'works'
        when p_value < 0.05 and difference < 0 then 'harms'
        when largest_effect <= smallest_effect then 'no_effect'
        else 'underpowered'
    end as verdict_code,
    case
        when unread_reason is not null then unread_reason
        when p_value < 0.05 and difference > 0 then {{ text('works') }}
        when p_value < 0.05 and difference < 0 then {{ text('harms') }}
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
