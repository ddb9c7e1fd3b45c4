-- How each past campaign was meant to be split; planned arms that are empty are
-- included, and arms without a known plan.
with

customers as (

    select * from {{ ref('campaign_customers') }}

),

plans as (

    select * from {{ ref('campaign_plans') }}
    where dataset = {{ string_literal(var('dataset')) }}

),

assignments as (

    select * from {{ ref('int_assignments_exported') }}

),

windows as (

    select * from {{ ref('campaign_windows') }}

),

recorded as (

    select
        campaign_id,
        stratum,
        min(cast(control_share as decimal(9, 6))) as control_share
    from assignments
    where not isnan(control_share)
    group by campaign_id, stratum

),

-- An export's own record comes before what the seed says.
planned as (

    {% for arm in ['control', 'treatment'] -%}
    select
        campaign_id,
        stratum,
        '{{ arm }}' as arm,
        {{ 'control_share' if arm == 'control' else '1 - control_share' }} as planned_share
    from recorded

    union all

    {% endfor -%}
    select
        plans.campaign_id,
        'all' as stratum,
        lower(plans.arm) as arm,
        plans.planned_share
    from plans
    inner join windows
        on plans.campaign_id = windows.campaign_id
    where not exists (
        select recorded.campaign_id
        from recorded
        where recorded.campaign_id = plans.campaign_id
    )

),

held as (

    select
        campaign_id,
        stratum,
        arm,
        count(*) as customers
    from customers
    where arm <> 'unassigned'
    group by campaign_id, stratum, arm

)

select
    coalesce(held.campaign_id, planned.campaign_id) as campaign_id,
    coalesce(held.stratum, planned.stratum) as stratum,
    coalesce(held.arm, planned.arm) as arm,
    coalesce(held.customers, 0) as customers,
    cast(planned.planned_share as decimal(9, 6)) as planned_share
from held
full outer join planned
    on held.campaign_id = planned.campaign_id
    and held.stratum = planned.stratum
    and held.arm = planned.arm
