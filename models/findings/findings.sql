-- What stands out, over all marts, by the size of its effect: all effects are
-- correlations, so that they can stand in one order. Nothing here is a cause. Of
-- rules, pairs alone, and of a pair the surer direction. The sources share the rate of
-- false findings: each may have its part of it.
{% set sources = ['customer_group_tests', 'association_rules', 'campaign_lift'] -%}
with

group_tests as (

    select * from {{ ref('customer_group_tests') }}
    where is_accepted
        and not is_by_construction
        and group_key <> 'all'

),

rules as (

    select * from {{ ref('association_rules') }}
    where is_usable
        and antecedent_size = 1
        and consequent_size = 1
    qualify row_number() over (
        partition by
            basis, level, least(antecedent, consequent), greatest(antecedent, consequent)
        order by confidence desc, antecedent
    ) = 1

),

thresholds as (

    select * from {{ ref('basket_thresholds') }}

),

lifts as (

    select * from {{ ref('campaign_lift') }}
    where is_read
        and metric = 'purchase'
        and slice = 'all'

),

-- Several campaigns are several chances: corrected by Benjamini and Hochberg (1995).
ordered_lifts as (

    select
        *,
        count(*) over () as tests,
        count(*) over (order by p_value) as as_sure
    from lifts

),

corrected_lifts as (

    select
        *,
        min(p_value * tests / as_sure) over (order by p_value desc) as campaign_q_value
    from ordered_lifts

),

gathered as (

    select
        'customer_group_tests' as source,
        grouping || ' ' || group_key || ': ' || characteristic || coalesce(' ' || member, '')
            as subject,
        {{ group_pattern() }} as pattern,
        test,
        effect,
        customers + other_customers as n,
        effect_size,
        p_value,
        q_value
    from group_tests

    union all

    select
        'association_rules' as source,
        rules.basis || ' ' || rules.level || ': ' || rules.antecedent || ' > ' || rules.consequent
            as subject,
        {{ text(
            'who buys {antecedent} buys {consequent} {lift} times as often as others '
            ~ '({basis}, {level})',
            antecedent='rules.antecedent_name',
            consequent='rules.consequent_name',
            lift=rounded_text('rules.lift'),
            basis=label('basis', 'rules.basis'),
            level=label('level', 'rules.level')
        ) }} as pattern,
        'Fisher''s exact' as test,
        'phi' as effect,
        thresholds.baskets as n,
        rules.leverage / nullif(sqrt(
            (rules.support / rules.confidence) * (1 - rules.support / rules.confidence)
            * (rules.confidence / rules.lift) * (1 - rules.confidence / rules.lift)
        ), 0) as effect_size,
        rules.p_value,
        rules.q_value
    from rules
    inner join thresholds
        on rules.basis = thresholds.basis
        and rules.level = thresholds.level

    union all

    select
        'campaign_lift' as source,
        campaign_id || ': ' || arm as subject,
        {{ text(
            'campaign {campaign} ({arm}): {share} % ordered against {control_share} % '
            ~ 'of the control group',
            campaign='campaign_id',
            arm=label('arm', 'arm'),
            share=rounded_text('100 * treatment_mean'),
            control_share=rounded_text('100 * control_mean')
        ) }} as pattern,
        'z test of two shares' as test,
        'phi' as effect,
        treatment_customers + control_customers as n,
        difference * sqrt(
            cast(treatment_customers as double) * control_customers
        ) / (treatment_customers + control_customers) / nullif(sqrt(
            (treatment_customers * treatment_mean + control_customers * control_mean)
            / (treatment_customers + control_customers)
            * (1 - (treatment_customers * treatment_mean + control_customers * control_mean)
                / (treatment_customers + control_customers))
        ), 0) as effect_size,
        p_value,
        campaign_q_value as q_value
    from corrected_lifts

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
    row_number() over (
        order by cast(abs(effect_size) as decimal(18, 9)) desc, source, subject
    ) as rank,
    cast(n as bigint) as n,
    effect_size,
    p_value,
    q_value
from outstanding
