with

plans as (

    select * from {{ ref('ml_experiment_plan') }}

),

baselines as (

    select * from {{ ref('list_baselines') }}

)

select
    baselines.list_name,
    baselines.metric,
    plans.verdict_code,
    {{ translated('plans.verdict', 'plans') }} as verdict,
    baselines.baseline_basis,
    baselines.baseline_customers,
    baselines.baseline_mean,
    baselines.baseline_variance,
    baselines.smallest_effect,
    cast({{ var('experiment_alpha') }} as double) as alpha,
    cast({{ var('experiment_power') }} as double) as power,
    baselines.control_share,
    baselines.available as available_customers,
    cast(plans.needed_treatment + plans.needed_control as bigint) as needed_customers,
    cast(plans.needed_treatment as bigint) as needed_treatment,
    cast(plans.needed_control as bigint) as needed_control,
    {{ null_if_nan('plans.needed_control_share') }} as needed_control_share,
    {{ null_if_nan('plans.detectable_effect') }} as detectable_effect,
    cast(plans.campaigns_needed as bigint) as campaigns_needed,
    cast(plans.duration_days as bigint) as duration_days
from baselines
inner join plans
    on baselines.list_name = plans.list_name
    and baselines.metric = plans.metric
