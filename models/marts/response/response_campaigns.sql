-- Which campaigns train, which are planned, and what a response is worth.
with

campaigns as (

    select * from {{ ref('response_campaign_terms') }}

),

ordered as (

    select * from {{ ref('response_order_margins') }}

),

campaign_roles as (

    select
        campaigns.*,
        ordered.margin as ordered_margin,
        campaigns.contacts = 0
            and coalesce(campaigns.ended_at >= {{ as_of_date() }}, true) as is_planned,
        -- Of campaigns without a date only the last may train: what is known of its
        -- customers was known before it, if at all.
        campaigns.contacted > 0
            and case
                when campaigns.started_at is not null
                    then coalesce(campaigns.ended_at <= {{ as_of_date() }}, true)
                else campaigns.place = max(
                    case when campaigns.contacted > 0 and campaigns.started_at is null
                        then campaigns.place end
                ) over ()
            end as is_training
    from campaigns
    left join ordered
        on campaigns.campaign_id = ordered.campaign_id

),

valued as (

    select
        {{ ratio('sum(recorded_value * responses)', 'sum(responses)') }} as recorded_value,
        {{ ratio(
            'sum(ordered_margin)',
            'sum(case when ordered_margin is not null then responses end)'
        ) }} as ordered_value
    from campaign_roles
    where is_training

)

select
    campaign_roles.campaign_id,
    campaign_roles.campaign_name,
    campaign_roles.offer,
    case
        when valued.recorded_value is not null then 'recorded with the responses'
        when valued.ordered_value is not null then 'ordered by those who responded'
        else 'unknown'
    end as value_basis,
    campaign_roles.place,
    campaign_roles.contacts,
    campaign_roles.controls,
    campaign_roles.contacted,
    campaign_roles.responses,
    {{ ratio('campaign_roles.responses', 'campaign_roles.contacted') }} as response_rate,
    cast(campaign_roles.contact_cost as decimal(18, 4)) as contact_cost,
    cast(
        coalesce(valued.recorded_value, valued.ordered_value)
        - campaign_roles.offer_cost as decimal(18, 4)
    ) as response_value,
    campaign_roles.is_planned,
    campaign_roles.is_training,
    campaign_roles.started_at is not null as is_dated,
    case
        when campaign_roles.is_training and campaign_roles.started_at is not null then campaign_roles.started_at
        when campaign_roles.is_training or campaign_roles.is_planned then {{ as_of_date() }}
    end as cutoff_at
from campaign_roles
cross join valued
