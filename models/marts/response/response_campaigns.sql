-- Which campaigns train, which are planned, and what an answer is worth.
with

campaigns as (

    select * from {{ ref('int_campaigns_validated') }}
    where decision = 'accepted'

),

contacts as (

    select
        contacts.campaign_id,
        count(*) as contacts,
        count(*) filter (where lower(contacts.arm) = 'control') as controls,
        min(contacts.sent_at) as first_sent_at
    from {{ ref('campaign_contacts_validated') }} as contacts
    inner join campaigns
        on contacts.campaign_id = campaigns.campaign_id
    where contacts.decision = 'accepted'
        and coalesce(
            coalesce(contacts.sent_at, campaigns.started_at) < {{ as_of_date() }}, true
        )
    group by contacts.campaign_id

),

responses as (

    select
        campaign_id,
        count(*) as contacted,
        count(*) filter (where has_responded) as responses,
        avg(margin) filter (where has_responded) as mean_margin,
        avg(revenue) filter (where has_responded) as mean_revenue
    from {{ ref('contact_responses') }}
    group by campaign_id

),

terms as (

    select * from {{ ref('list_definitions') }}
    where list_name = 'likely_responders'

),

placed as (

    select
        campaigns.campaign_id,
        campaigns.campaign_name,
        campaigns.offer,
        row_number() over (
            order by
                campaigns.campaign_order nulls last,
                campaigns.started_at nulls last,
                campaigns.campaign_id
        ) as place,
        coalesce(contacts.contacts, 0) as contacts,
        coalesce(contacts.controls, 0) as controls,
        coalesce(responses.contacted, 0) as contacted,
        coalesce(responses.responses, 0) as responses,
        coalesce(campaigns.contact_cost, terms.contact_cost) as contact_cost,
        coalesce(campaigns.offer_cost, terms.offer_cost) as offer_cost,
        -- What is recorded of an answer is taken as it is; a margin before a revenue.
        cast(coalesce(responses.mean_margin, responses.mean_revenue) as decimal(18, 6))
            as recorded_value,
        coalesce(campaigns.started_at, contacts.first_sent_at) as started_at,
        campaigns.ended_at
    from campaigns
    left join terms
        on terms.list_name is not null
    left join contacts
        on campaigns.campaign_id = contacts.campaign_id
    left join responses
        on campaigns.campaign_id = responses.campaign_id

),

orders as (

    select
        *,
        placed_margin_estimate as margin
    from {{ ref('fct_orders') }}
    where is_placed

),

-- Where nothing is recorded: what those who answered ordered in the window.
ordered as (

    select
        responses.campaign_id,
        coalesce(sum(orders.margin), 0) as margin
    from {{ ref('contact_responses') }} as responses
    inner join placed
        on responses.campaign_id = placed.campaign_id
    inner join orders
        on responses.customer_id = orders.customer_id
        and placed.started_at <= orders.ordered_at
        and {{ days_after('placed.started_at', var('conversion_window_days')) }}
            > orders.ordered_at
    where responses.has_responded
        and {{ days_after('placed.started_at', var('conversion_window_days')) }}
            <= {{ as_of_date() }}
    group by responses.campaign_id

),

validated as (

    select
        placed.*,
        ordered.margin as ordered_margin,
        placed.contacts = 0
            and coalesce(placed.ended_at >= {{ as_of_date() }}, true) as is_planned,
        -- Of campaigns without a date only the last may train: what is known of its
        -- customers was known before it, if at all.
        placed.contacted > 0
            and case
                when placed.started_at is not null
                    then coalesce(placed.ended_at <= {{ as_of_date() }}, true)
                else placed.place = max(
                    case when placed.contacted > 0 and placed.started_at is null
                        then placed.place end
                ) over ()
            end as is_training
    from placed
    left join ordered
        on placed.campaign_id = ordered.campaign_id

),

valued as (

    select
        {{ ratio('sum(recorded_value * responses)', 'sum(responses)') }} as recorded_value,
        {{ ratio(
            'sum(ordered_margin)',
            'sum(case when ordered_margin is not null then responses end)'
        ) }} as ordered_value
    from validated
    where is_training

)

select
    validated.campaign_id,
    validated.campaign_name,
    validated.offer,
    case
        when valued.recorded_value is not null then 'recorded with the responses'
        when valued.ordered_value is not null then 'ordered by those who responded'
        else 'unknown'
    end as value_basis,
    validated.place,
    validated.contacts,
    validated.controls,
    validated.contacted,
    validated.responses,
    {{ ratio('validated.responses', 'validated.contacted') }} as response_rate,
    cast(validated.contact_cost as decimal(18, 4)) as contact_cost,
    cast(
        coalesce(valued.recorded_value, valued.ordered_value)
        - validated.offer_cost as decimal(18, 4)
    ) as response_value,
    validated.is_planned,
    validated.is_training,
    validated.started_at is not null as is_dated,
    case
        when validated.is_training and validated.started_at is not null then validated.started_at
        when validated.is_training or validated.is_planned then {{ as_of_date() }}
    end as cutoff_at
from validated
cross join valued
