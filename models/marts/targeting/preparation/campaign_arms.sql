-- Who each campaign assigned to which arm: as assigned, whoever really got the message. A person
-- whose keys were in two arms keeps the one first assigned. Where both were written to, the time
-- of the message says which; a control has none, so otherwise the key that names the person
-- decides, which the arms have no part in.
{{ config(materialized='ephemeral') }}
{% set by_record = 'not is_recorded, arm = \'unassigned\'' -%}
{% set by_key = 'customer_key <> customer_id, customer_key' -%}
with

windows as (

    select * from {{ ref('campaign_windows') }}

),

key_arms as (

    select * from {{ ref('campaign_key_arms') }}

),

assigned as (

    select
        campaign_id,
        customer_id,
        case
            when count(sent_at) = count(*)
                then min_by(arm, ({{ by_record }}, sent_at, {{ by_key }}))
            else min_by(arm, ({{ by_record }}, {{ by_key }}))
        end as arm,
        min_by(stratum, ({{ by_record }}, {{ by_key }})) as stratum,
        min_by(channel, ({{ by_record }}, {{ by_key }})) as channel,
        cast(sum(revenue) as decimal(18, 4)) as revenue,
        cast(sum(margin) as decimal(18, 4)) as margin,
        bool_or(is_contacted) as is_contacted,
        bool_or(responded) as responded,
        bool_or(converted) as converted,
        min(sent_at) as sent_at
    from key_arms
    group by campaign_id, customer_id

),

-- With a planned split, customers never assigned are in no arm.
split as (

    select
        *,
        bool_or(arm <> 'unassigned') over (partition by campaign_id) as has_arms
    from assigned

)

select
    windows.campaign_id,
    windows.list_name,
    split.customer_id,
    split.arm,
    split.stratum,
    coalesce(split.channel, windows.channel) as channel,
    windows.offer,
    windows.contact_cost,
    windows.offer_cost,
    split.revenue as reported_revenue,
    split.margin as reported_margin,
    split.is_contacted,
    split.responded as has_responded,
    split.converted as has_converted,
    windows.is_window_over,
    windows.has_sales,
    split.sent_at,
    windows.pre_start_at,
    windows.window_start_at,
    windows.window_end_at
from windows
inner join split
    on windows.campaign_id = split.campaign_id
where split.arm <> 'unassigned'
    or not split.has_arms
