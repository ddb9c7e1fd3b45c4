with

lifts as (

    select * from {{ ref('campaign_lifts') }}

),

outcomes as (

    select * from {{ ref('campaign_outcomes') }}

),

priors as (

    select * from {{ ref('list_priors') }}

),

compared as (

    select
        lifts.campaign_id,
        outcomes.list_name,
        lifts.metric,
        lifts.slice,
        lifts.arm,
        cast(lifts.treatment_customers as bigint) as treatment_customers,
        cast(lifts.control_customers as bigint) as control_customers,
        {%- for measure in [
            'treatment_mean', 'control_mean', 'difference', 'relative_lift',
            'standard_error', 'lower_95', 'upper_95', 'p_value', 'sample_ratio_p',
        ] %}
        {{ null_if_nan('lifts.' ~ measure) }} as {{ measure }},
        {%- endfor %}
        cast(priors.smallest_effect as double) as smallest_effect,
        outcomes.is_window_over,
        outcomes.window_start_at,
        outcomes.window_end_at
    from lifts
    inner join outcomes
        on lifts.campaign_id = outcomes.campaign_id
        and lifts.metric = outcomes.metric
        and lifts.slice = outcomes.slice
        and lifts.arm = outcomes.arm
    left join priors
        on outcomes.list_name = priors.list_name

),

judged as (

    select
        *,
        greatest(abs(lower_95), abs(upper_95)) as largest_effect,
        case
            when not is_window_over then 'window not over: not read'
            when control_customers = 0 then 'no control arm: not read'
            when sample_ratio_p < 0.001 then 'sample ratio broken: not read'
        end as unread_reason
    from compared

)

select
    campaign_id,
    list_name,
    metric,
    slice,
    arm,
    case
        when unread_reason is not null then unread_reason
        when p_value < 0.05 and difference > 0 then 'works'
        when p_value < 0.05 and difference < 0 then 'harms'
        when metric = 'purchase' and largest_effect <= smallest_effect
            then 'no effect larger than '
                || cast(cast(100 * largest_effect as decimal(9, 2)) as string)
                || ' points'
        else 'too small to tell'
    end as verdict,
    treatment_customers,
    control_customers,
    treatment_mean,
    control_mean,
    difference,
    relative_lift,
    standard_error,
    lower_95,
    upper_95,
    p_value,
    sample_ratio_p,
    unread_reason is null as is_read,
    window_start_at,
    window_end_at
from judged
