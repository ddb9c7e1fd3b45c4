with

pairs as (

    select * from {{ ref('ml_offer_comparison') }}

),

windows as (

    select * from {{ ref('campaign_windows') }}

),

metrics as (

    select * from {{ ref('experiment_metrics') }}

),

described as (

    select
        pairs.metric,
        case
            when pairs.campaign_id = pairs.other_campaign_id then 'variants of one campaign'
            when firsts.list_name = seconds.list_name then 'campaigns of one list'
            else 'campaigns of different lists'
        end as basis,
        pairs.campaign_id,
        pairs.arm,
        firsts.offer,
        pairs.other_campaign_id,
        pairs.other_arm,
        seconds.offer as other_offer,
        {%- for measure in [
            'difference', 'standard_error', 'lower_95', 'upper_95', 'p_value', 'q_value',
        ] %}
        {{ null_if_nan('pairs.' ~ measure) }} as {{ measure }},
        {%- endfor %}
        metrics.is_lower_better
    from pairs
    inner join windows as firsts
        on pairs.campaign_id = firsts.campaign_id
    inner join windows as seconds
        on pairs.other_campaign_id = seconds.campaign_id
    inner join metrics
        on pairs.metric = metrics.metric

)

select
    metric,
    campaign_id,
    arm,
    other_campaign_id,
    other_arm,
    basis,
    case
        when q_value is null then 'not compared'
        when q_value >= 0.05 then 'not told apart'
        when (difference > 0) <> is_lower_better then 'the first is better'
        else 'the second is better'
    end as verdict,
    offer,
    other_offer,
    difference,
    standard_error,
    lower_95,
    upper_95,
    p_value,
    q_value
from described
