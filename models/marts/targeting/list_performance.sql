with

pools as (

    select * from {{ ref('ml_list_performance') }}

),

lifts as (

    select
        list_name,
        metric,
        count(distinct campaign_id) as past_campaigns,
        sum(cast(incremental_total as decimal(28, 6))) filter (where is_read) as incremental_total,
        count(distinct campaign_id) filter (where verdict_code = 'works') as works,
        count(distinct campaign_id) filter (where verdict_code = 'harms') as harms,
        max(window_start_at) as last_campaign_at
    from {{ ref('campaign_lift') }}
    where slice = 'all'
        and list_name is not null
    group by list_name, metric

)

select
    lifts.list_name,
    lifts.metric,
    lifts.past_campaigns,
    cast(coalesce(pools.campaigns, 0) as bigint) as read_campaigns,
    lifts.works as campaigns_that_work,
    lifts.harms as campaigns_that_harm,
    cast(coalesce(pools.treatment_customers, 0) as bigint) as treatment_customers,
    {%- for measure in [
        'difference', 'standard_error', 'lower_95', 'upper_95', 'p_value',
        'heterogeneity_q', 'heterogeneity_p', 'heterogeneity_share',
    ] %}
    {{ null_if_nan('pools.' ~ measure) }} as {{ measure }},
    {%- endfor %}
    cast(lifts.incremental_total as double) as incremental_total,
    lifts.last_campaign_at
from lifts
left join pools
    on lifts.list_name = pools.list_name
    and lifts.metric = pools.metric
