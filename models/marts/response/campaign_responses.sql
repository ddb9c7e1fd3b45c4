-- Who responded to past campaigns: a description of the past, by the groups of today.
with

responses as (

    select * from {{ ref('contact_responses') }}

),

campaigns as (

    select * from {{ ref('response_campaigns') }}

),

members as (

    select
        customer_id,
        grouping,
        group_key,
        group_name
    from {{ ref('customer_group_members') }}

    union all

    select distinct
        customer_id,
        'all' as grouping,
        'all' as group_key,
        {{ text('all customers') }} as group_name
    from responses

),

counted as (

    select
        responses.campaign_id,
        members.grouping,
        members.group_key,
        members.group_name,
        count(*) as contacted,
        count(*) filter (where responses.has_responded) as responses
    from responses
    inner join members
        on responses.customer_id = members.customer_id
    group by
        responses.campaign_id, members.grouping, members.group_key, members.group_name

)

select
    counted.campaign_id,
    counted.grouping,
    counted.group_key,
    counted.group_name,
    case
        when campaigns.controls > 0
            then {{ text(
                'A response is no effect: what the campaign changed next to its control group '
                ~ 'is in campaign_lift.'
            ) }}
        else {{ text(
            'No control group: these responses are no effect of the campaign, since nobody '
            ~ 'knows who would have bought without it.'
        ) }}
    end as note,
    campaigns.place as campaign_place,
    counted.contacted,
    counted.responses,
    {{ ratio('counted.responses', 'counted.contacted') }} as response_rate,
    {{ wilson_bound('counted.responses', 'counted.contacted', 'lower') }} as lower_95,
    {{ wilson_bound('counted.responses', 'counted.contacted', 'upper') }} as upper_95
from counted
inner join campaigns
    on counted.campaign_id = campaigns.campaign_id
