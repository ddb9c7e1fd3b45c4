-- Differences of the arms before the send, in standard deviations. With ten
-- covariates one above 0.1 is common in correct assignments: assignment_checks
-- validates them together.
{% set covariates = ['recency_days', 'orders', 'revenue', 'tenure_days'] -%}
with

assigned as (

    select
        assignment_id,
        arm,
        {{ covariates | join(', ') }}
    from {{ ref('list_covariates') }}
    where list_name is not null

    union all

    select
        campaign_id as assignment_id,
        arm,
        {{ covariates | join(', ') }}
    from {{ ref('campaign_covariates') }}

),

summed as (

    {% for covariate in covariates -%}
    select
        assignment_id,
        arm,
        '{{ covariate }}' as covariate,
        count({{ covariate }}) as customers,
        {{ ratio('sum(' ~ covariate ~ ')', 'count(' ~ covariate ~ ')') }} as mean,
        {{ standard_deviation(covariate) }} as deviation
    from assigned
    group by assignment_id, arm
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

paired as (

    select
        arms.assignment_id,
        arms.arm,
        arms.covariate,
        arms.customers,
        controls.customers as control_customers,
        arms.mean,
        controls.mean as control_mean,
        sqrt((arms.deviation * arms.deviation + controls.deviation * controls.deviation) / 2)
            as pooled_deviation
    from summed as arms
    left join summed as controls
        on arms.assignment_id = controls.assignment_id
        and arms.covariate = controls.covariate
        and controls.arm = 'control'
    where arms.arm <> 'control'

)

select
    assignment_id,
    arm,
    covariate,
    customers,
    coalesce(control_customers, 0) as control_customers,
    mean,
    control_mean,
    pooled_deviation,
    {{ ratio('mean - control_mean', 'pooled_deviation') }} as standardised_difference
from paired
