-- Which campaigns teach, which are planned, and what an answer is worth.
with

campaigns as (

    select * from {{ ref('int_campaigns_judged') }}
    where decision = 'kept'

),

contacts as (

    select
        contacts.campaign_id,
        count(*) as contacts,
        count(*) filter (where lower(contacts.arm) = 'control') as controls,
        min(contacts.sent_at) as first_sent_at
    from {{ ref('int_campaign_contacts_judged') }} as contacts
    inner join campaigns
        on contacts.campaign_id = campaigns.campaign_id
    where contacts.decision = 'kept'
        and coalesce(
            coalesce(contacts.sent_at, campaigns.started_at) < {{ as_of_date() }}, true
        )
    group by contacts.campaign_id

),

answers as (

    select
        campaign_id,
        count(*) as asked,
        count(*) filter (where has_answered) as answers,
        avg(margin) filter (where has_answered) as mean_margin,
        avg(revenue) filter (where has_answered) as mean_revenue
    from {{ ref('int_campaign_answers') }}
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
        coalesce(answers.asked, 0) as asked,
        coalesce(answers.answers, 0) as answers,
        coalesce(campaigns.contact_cost, terms.contact_cost) as contact_cost,
        coalesce(campaigns.offer_cost, terms.offer_cost) as offer_cost,
        -- What is recorded of an answer is taken as it is; a margin before a revenue.
        cast(coalesce(answers.mean_margin, answers.mean_revenue) as decimal(18, 6))
            as recorded_value,
        coalesce(campaigns.started_at, contacts.first_sent_at) as started_at,
        campaigns.ended_at
    from campaigns
    left join terms
        on terms.list_name is not null
    left join contacts
        on campaigns.campaign_id = contacts.campaign_id
    left join answers
        on campaigns.campaign_id = answers.campaign_id

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
        answers.campaign_id,
        coalesce(sum(orders.margin), 0) as margin
    from {{ ref('int_campaign_answers') }} as answers
    inner join placed
        on answers.campaign_id = placed.campaign_id
    inner join orders
        on answers.customer_id = orders.customer_id
        and placed.started_at <= orders.ordered_at
        and {{ days_after('placed.started_at', var('conversion_window_days')) }}
            > orders.ordered_at
    where answers.has_answered
        and {{ days_after('placed.started_at', var('conversion_window_days')) }}
            <= {{ as_of_date() }}
    group by answers.campaign_id

),

judged as (

    select
        placed.*,
        ordered.margin as ordered_margin,
        placed.contacts = 0
            and coalesce(placed.ended_at >= {{ as_of_date() }}, true) as is_planned,
        -- Of campaigns without a date only the last may teach: what is known of its
        -- customers was known before it, if at all.
        placed.asked > 0
            and case
                when placed.started_at is not null
                    then coalesce(placed.ended_at <= {{ as_of_date() }}, true)
                else placed.place = max(
                    case when placed.asked > 0 and placed.started_at is null
                        then placed.place end
                ) over ()
            end as is_teaching
    from placed
    left join ordered
        on placed.campaign_id = ordered.campaign_id

),

valued as (

    select
        {{ ratio('sum(recorded_value * answers)', 'sum(answers)') }} as recorded_value,
        {{ ratio(
            'sum(ordered_margin)',
            'sum(case when ordered_margin is not null then answers end)'
        ) }} as ordered_value
    from judged
    where is_teaching

)

select
    judged.campaign_id,
    judged.campaign_name,
    judged.offer,
    case
        when valued.recorded_value is not null then 'recorded with the answers'
        when valued.ordered_value is not null then 'ordered by those who answered'
        else 'unknown'
    end as value_basis,
    judged.place,
    judged.contacts,
    judged.controls,
    judged.asked,
    judged.answers,
    {{ ratio('judged.answers', 'judged.asked') }} as answer_share,
    cast(judged.contact_cost as decimal(18, 4)) as contact_cost,
    cast(
        coalesce(valued.recorded_value, valued.ordered_value)
        - judged.offer_cost as decimal(18, 4)
    ) as answer_value,
    judged.is_planned,
    judged.is_teaching,
    judged.started_at is not null as is_dated,
    case
        when judged.is_teaching and judged.started_at is not null then judged.started_at
        when judged.is_teaching or judged.is_planned then {{ as_of_date() }}
    end as cutoff_at
from judged
cross join valued
