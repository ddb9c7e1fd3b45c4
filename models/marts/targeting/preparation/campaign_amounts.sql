-- Each customer's outcomes one below the other, next to the groups of the customer, and cut.
{{ config(materialized='ephemeral') }}
{% set metrics = ['visit', 'responded', 'purchase', 'revenue', 'margin', 'returns', 'profit'] -%}
with

customers as (

    select * from {{ ref('campaign_customers') }}

),

measured as (

    {% for metric in metrics -%}
    select
        campaign_id,
        customer_id,
        arm,
        stratum,
        list_name,
        channel,
        offer,
        segment,
        cluster_name,
        '{{ metric }}' as metric,
        {{ metric }} as amount,
        pre_{{ metric }} as pre_amount,
        is_cluster_of_then
    from customers
    where {{ metric }} is not null
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

-- One cut for both arms: among the amounts that are any, in size, whatever their sign.
cuts as (

    select
        campaign_id,
        metric,
        cast({{ percentile('abs(amount)', var('winsor_share')) }} as decimal(18, 4)) as cut
    from measured
    where amount <> 0
    group by campaign_id, metric

)

select
    measured.campaign_id,
    measured.customer_id,
    measured.arm,
    measured.stratum,
    measured.list_name,
    measured.channel,
    measured.offer,
    measured.segment,
    measured.cluster_name,
    measured.metric,
    measured.amount,
    measured.pre_amount,
    coalesce(
        least(greatest(measured.amount, -cuts.cut), cuts.cut), measured.amount
    ) as clipped_amount,
    measured.is_cluster_of_then
from measured
left join cuts
    on measured.campaign_id = cuts.campaign_id
    and measured.metric = cuts.metric
