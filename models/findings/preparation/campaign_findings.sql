{{ config(materialized='ephemeral') }}
with

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

)

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
