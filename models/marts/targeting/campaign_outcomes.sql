-- What the customers of each arm did in the window after the send, by arm as
-- assigned, whoever really got the message. An order answers when it is placed:
-- what is delivered only after the as-of date would be missing from late windows.
{% set metrics = ['purchase', 'revenue', 'margin'] -%}
with

told_campaigns as (

    select * from {{ ref('int_campaigns_judged') }}
    where decision = 'kept'

),

exported_campaigns as (

    select * from {{ ref('int_campaigns_exported') }}

),

told_contacts as (

    select * from {{ ref('int_campaign_contacts_judged') }}
    where decision = 'kept'

),

assignments as (

    select * from {{ ref('int_assignments_exported') }}

),

-- What the data tell of a campaign's time is better than what the export planned.
campaigns as (

    select
        campaign_id,
        list_name,
        started_at
    from told_campaigns

    union all

    select
        exported_campaigns.campaign_id,
        exported_campaigns.list_name,
        cast(exported_campaigns.started_date as timestamp) as started_at
    from exported_campaigns
    left join told_campaigns
        on exported_campaigns.campaign_id = told_campaigns.campaign_id
    where told_campaigns.campaign_id is null

),

-- The arm is the one that the export assigned, whatever a tool says that it did.
contacts as (

    select
        campaign_id,
        customer_id,
        arm,
        cast(null as timestamp) as sent_at
    from assignments

    union all

    select
        told_contacts.campaign_id,
        told_contacts.customer_id,
        lower(told_contacts.arm) as arm,
        told_contacts.sent_at
    from told_contacts
    left join assignments
        on told_contacts.campaign_id = assignments.campaign_id
        and told_contacts.customer_id = assignments.customer_id
    where assignments.customer_id is null
        and told_contacts.arm is not null

),

orders as (

    select
        *,
        coalesce(
            placed_margin, placed_revenue * {{ var('assumed_margin_share') }}
        ) as margin
    from {{ ref('fct_orders') }}
    where is_placed
        and ordered_at < {{ as_of_date() }}

),

plans as (

    select * from {{ ref('campaign_plans') }}
    where dataset = {{ string_literal(var('dataset')) }}

),

starts as (

    select
        campaigns.campaign_id,
        campaigns.list_name,
        coalesce(campaigns.started_at, min(contacts.sent_at)) as window_start_at
    from campaigns
    inner join contacts
        on campaigns.campaign_id = contacts.campaign_id
    group by campaigns.campaign_id, campaigns.list_name, campaigns.started_at

),

windows as (

    select
        *,
        {{ days_after('window_start_at', var('conversion_window_days')) }} as window_end_at
    from starts

),

customers as (

    select
        windows.campaign_id,
        windows.list_name,
        windows.window_start_at,
        windows.window_end_at,
        contacts.arm,
        contacts.customer_id,
        cast(case when count(orders.order_id) > 0 then 1 else 0 end as decimal(18, 4))
            as purchase,
        cast(coalesce(sum(orders.placed_revenue), 0) as decimal(18, 4)) as revenue,
        cast(coalesce(sum(orders.margin), 0) as decimal(18, 4)) as margin
    from windows
    inner join contacts
        on windows.campaign_id = contacts.campaign_id
    left join orders
        on contacts.customer_id = orders.customer_id
        and windows.window_start_at <= orders.ordered_at
        and windows.window_end_at > orders.ordered_at
    group by
        windows.campaign_id,
        windows.list_name,
        windows.window_start_at,
        windows.window_end_at,
        contacts.arm,
        contacts.customer_id

),

outcomes as (

    {% for metric in metrics -%}
    select
        campaign_id,
        list_name,
        arm,
        '{{ metric }}' as metric,
        count(*) as customers,
        sum({{ metric }}) as total,
        sum({{ metric }} * {{ metric }}) as total_of_squares,
        window_start_at,
        window_end_at
    from customers
    group by campaign_id, list_name, arm, window_start_at, window_end_at
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select
    outcomes.campaign_id,
    outcomes.list_name,
    outcomes.arm,
    outcomes.metric,
    'all' as slice,
    outcomes.customers,
    cast(plans.planned_share as decimal(9, 6)) as planned_share,
    cast(outcomes.total as decimal(38, 4)) as total,
    cast(outcomes.total_of_squares as decimal(38, 8)) as total_of_squares,
    coalesce(outcomes.window_end_at <= {{ as_of_date() }}, false) as is_window_over,
    outcomes.window_start_at,
    outcomes.window_end_at
from outcomes
left join plans
    on outcomes.campaign_id = plans.campaign_id
    and outcomes.arm = plans.arm
