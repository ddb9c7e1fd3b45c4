-- The lift of a campaign without the persons who stood in two of its arms, next to that of
-- everyone as assigned. It says how much hangs on them, and does not decide: who is left was
-- chosen by having had the same draw twice.
{% set measures = [
    'treatment_mean', 'control_mean', 'difference', 'lower_95', 'upper_95', 'p_value',
] -%}
with

without_crossed as (

    select
        campaign_id,
        metric,
        arm,
        cast(treatment_customers as bigint) as treatment_customers,
        cast(control_customers as bigint) as control_customers,
        {%- for measure in measures %}
        {{ null_if_nan(measure) }} as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('ml_campaign_lift_without_crossed') }}

),

as_assigned as (

    select * from {{ ref('campaign_lift') }}
    where slice = 'all'

),

crossed as (

    select
        campaign_id,
        count(*) as crossed_customers
    from {{ ref('campaign_crossed_customers') }}
    group by campaign_id

)

select
    without_crossed.campaign_id,
    as_assigned.list_name,
    without_crossed.metric,
    without_crossed.arm,
    crossed.crossed_customers,
    {%- for count in ['treatment_customers', 'control_customers'] %}
    without_crossed.{{ count }},
    {%- endfor %}
    {%- for measure in measures %}
    without_crossed.{{ measure }},
    {%- endfor %}
    as_assigned.difference as assigned_difference,
    as_assigned.lower_95 as assigned_lower_95,
    as_assigned.upper_95 as assigned_upper_95,
    as_assigned.is_read
from without_crossed
inner join as_assigned
    on without_crossed.campaign_id = as_assigned.campaign_id
    and without_crossed.metric = as_assigned.metric
    and without_crossed.arm = as_assigned.arm
inner join crossed
    on without_crossed.campaign_id = crossed.campaign_id
