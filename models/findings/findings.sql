-- What stands out, over all marts, by the size of its effect: all effects are
-- correlations, so that they can stand in one order. Nothing here is a cause. The
-- sources share the rate of false findings: each may have its part of it.
{% set sources = ['customer_group_tests', 'association_rules', 'campaign_lift'] -%}
with

gathered as (

    select * from {{ ref('group_findings') }}

    union all

    select * from {{ ref('rule_findings') }}

    union all

    select * from {{ ref('campaign_findings') }}

),

outstanding as (

    select *
    from gathered
    where q_value <= {{ var('findings_max_q') }} / {{ sources | length }}
        and abs(effect_size) >= {{ var('findings_min_effect') }}
    qualify row_number() over (
        partition by source
        order by cast(abs(effect_size) as decimal(18, 9)) desc, subject
    ) <= {{ var('findings_per_source') }}

)

select
    source,
    subject,
    pattern,
    test,
    effect,
    case
        when abs(effect_size) >= 0.5 then 'large'
        when abs(effect_size) >= 0.3 then 'medium'
        else 'small'
    end as strength,
    cast(row_number() over (
        order by cast(abs(effect_size) as decimal(18, 9)) desc, source, subject
    ) as bigint) as rank,
    cast(n as bigint) as n,
    effect_size,
    p_value,
    q_value
from outstanding
