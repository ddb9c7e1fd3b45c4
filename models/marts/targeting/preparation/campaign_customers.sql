-- Whom each campaign assigned to which arm, and what they did in its window: by arm as
-- assigned, whoever really got the message. An order answers when it is placed: what is
-- delivered only after the as-of date would be missing from late windows.
{% set metrics = ['visit', 'responded', 'purchase', 'orders', 'revenue', 'margin', 'returns', 'profit'] -%}
with

windows as (

    select * from {{ ref('campaign_windows') }}

),

contacts as (

    select * from {{ ref('campaign_contacts_validated') }}
    where decision = 'accepted'

),

assignments as (

    select * from {{ ref('int_assignments_exported') }}

),

segments as (

    select * from {{ ref('rfm_month_ends') }}
    where basis = 'bought'

),

clusters_then as (

    select * from {{ ref('campaign_clusters') }}

),

clusters_now as (

    select * from {{ ref('customer_clusters') }}
    where is_chosen

),

orders as (

    select
        customer_id,
        is_placed,
        placed_revenue,
        placed_margin_estimate as placed_margin,
        refund,
        ordered_at
    from {{ ref('fct_orders') }}
    where ordered_at < {{ as_of_date() }}
        and customer_id is not null

),

site_activity as (

    select
        customer_id,
        visits,
        period_start
    from {{ ref('int_site_activity_validated') }}
    where decision = 'accepted'

),

-- A period ends where the next begins; of the last one nobody knows whether it is whole. A
-- file of one period tells a single figure of each customer, of both arms alike.
periods as (

    select
        period_start,
        case
            when count(*) over () = 1 then greatest(period_start, {{ as_of_date() }})
            else lead(period_start) over (order by period_start)
        end as period_end,
        count(*) over () = 1 as is_only_period
    from (select distinct period_start from site_activity) as starts

),

-- Without any order the shop tells nothing of buying: unknown is not 0.
sales as (

    select count(*) > 0 as has_orders
    from orders
    where is_placed

),

declared as (

    select
        campaign_id,
        bool_and(shows_response) as shows_response
    from {{ ref('campaign_plans') }}
    where dataset = {{ string_literal(var('dataset')) }}
        and lower(arm) = 'control'
    group by campaign_id

),

-- The arm is the one that the export assigned, whatever a tool says that it did.
assigned as (

    select
        assignments.campaign_id,
        assignments.customer_id,
        assignments.arm,
        coalesce(assignments.stratum, 'all') as stratum,
        assignments.channel,
        assignments.arm <> 'control' as is_contacted,
        contacts.responded,
        contacts.converted,
        contacts.revenue,
        contacts.margin,
        contacts.sent_at
    from assignments
    left join contacts
        on assignments.campaign_id = contacts.campaign_id
        and assignments.customer_id = contacts.customer_id

    union all

    select
        contacts.campaign_id,
        contacts.customer_id,
        coalesce(lower(contacts.arm), 'unassigned') as arm,
        'all' as stratum,
        cast(null as string) as channel,
        -- Where no send is told, whoever was to be contacted was.
        case
            when count(contacts.sent_at) over (partition by contacts.campaign_id) > 0
                then contacts.sent_at is not null
            else coalesce(lower(contacts.arm), 'unassigned') <> 'control'
        end as is_contacted,
        contacts.responded,
        contacts.converted,
        contacts.revenue,
        contacts.margin,
        contacts.sent_at
    from contacts
    left join assignments
        on contacts.campaign_id = assignments.campaign_id
        and contacts.customer_id = assignments.customer_id
    where assignments.customer_id is null

),

-- Next to a planned split, who was never assigned is in no arm.
split as (

    select
        *,
        bool_or(arm <> 'unassigned') over (partition by campaign_id) as has_arms
    from assigned

),

customers as (

    select
        windows.*,
        split.customer_id,
        split.arm,
        split.stratum,
        coalesce(split.channel, windows.channel) as own_channel,
        split.is_contacted,
        split.responded as has_responded,
        split.converted,
        split.revenue as reported_revenue,
        split.margin as reported_margin,
        split.sent_at
    from windows
    inner join split
        on windows.campaign_id = split.campaign_id
    where split.arm <> 'unassigned'
        or not split.has_arms

),

known as (

    select
        campaign_id,
        arm = 'control' as is_control,
        has_responded,
        converted,
        {%- for amount in ['revenue', 'margin'] %}
        reported_{{ amount }},
        coalesce(reported_{{ amount }}, case when not converted then 0 end) as known_{{ amount }},
        coalesce(converted, false) and reported_{{ amount }} is null as is_{{ amount }}_missing
        {{- ',' if not loop.last }}
        {%- endfor %}
    from customers

),

-- What the data tell counts before the shop's own orders where both arms could show it: as
-- declared, else where any control has a value or everybody has; who has none then did not.
-- Told of the contacted alone it is no outcome. An amount has to be told of each who bought.
reported as (

    select
        known.campaign_id,
        coalesce(
            bool_and(declared.shows_response),
            bool_or(known.is_control and known.has_responded is not null)
        ) as is_response_reported,
        bool_or(known.is_control and known.converted is not null)
            or count(known.converted) = count(*) as is_purchase_reported,
        {%- for amount in ['revenue', 'margin'] %}
        (
            bool_or(known.is_control and known.known_{{ amount }} is not null)
            or count(known.known_{{ amount }}) = count(*)
        )
        and count(known.reported_{{ amount }}) > 0
        and not bool_or(known.is_{{ amount }}_missing) as is_{{ amount }}_reported
        {{- ',' if not loop.last }}
        {%- endfor %}
    from known
    left join declared
        on known.campaign_id = declared.campaign_id
    group by known.campaign_id

),

ordered as (

    select
        customers.campaign_id,
        customers.customer_id,
        {%- for prefix, start, end in [
            ('pre', 'pre_start_at', 'window_start_at'),
            ('post', 'window_start_at', 'window_end_at'),
        ] %}
        {%- set within = 'customers.' ~ start ~ ' <= orders.ordered_at and customers.'
            ~ end ~ ' > orders.ordered_at' %}
        count(*) filter (where orders.is_placed and {{ within }}) as {{ prefix }}_orders,
        sum(orders.placed_revenue) filter (where orders.is_placed and {{ within }})
            as {{ prefix }}_revenue,
        sum(orders.placed_margin) filter (where orders.is_placed and {{ within }})
            as {{ prefix }}_margin,
        sum(orders.refund) filter (where {{ within }}) as {{ prefix }}_returns
        {{- ',' if not loop.last }}
        {%- endfor %}
    from customers
    inner join orders
        on customers.customer_id = orders.customer_id
        and customers.pre_start_at <= orders.ordered_at
        and customers.window_end_at > orders.ordered_at
    group by customers.campaign_id, customers.customer_id

),

-- Whole periods that begin in the window, and as many days before, whole ones that
-- ended before the send.
watched as (

    select
        windows.campaign_id,
        periods.period_start,
        periods.period_start >= windows.window_start_at as is_after_send
    from windows
    inner join periods
        on (
            windows.window_start_at <= periods.period_start
            and windows.window_end_at > periods.period_start
            and (periods.period_end <= {{ as_of_date() }} or periods.is_only_period)
        )
        or (
            windows.pre_start_at < periods.period_end
            and windows.window_start_at >= periods.period_end
        )

),

watched_campaigns as (

    select
        campaign_id,
        bool_or(is_after_send) as is_watched
    from watched
    group by campaign_id

),

visited as (

    select
        watched.campaign_id,
        site_activity.customer_id,
        max(case when watched.is_after_send and site_activity.visits > 0 then 1 else 0 end)
            as post_visit,
        max(case when not watched.is_after_send and site_activity.visits > 0 then 1 else 0 end)
            as pre_visit
    from watched
    inner join site_activity
        on watched.period_start = site_activity.period_start
    group by watched.campaign_id, site_activity.customer_id

),

month_ends as (

    select distinct month_end_date from segments

),

last_month_ends as (

    select
        windows.campaign_id,
        max(month_ends.month_end_date) as month_end_date
    from windows
    inner join month_ends
        on cast(windows.window_start_at as date) >= month_ends.month_end_date
    group by windows.campaign_id

),

clusters_known as (

    select distinct campaign_id from clusters_then

),

described as (

    select
        customers.*,
        case
            when last_month_ends.campaign_id is not null
                then coalesce(segments.segment, 'not yet a customer')
        end as segment,
        case
            when clusters_known.campaign_id is not null then clusters_then.cluster_key
            else clusters_now.cluster_key
        end as cluster_key,
        case
            when clusters_known.campaign_id is not null then clusters_then.cluster_name
            else clusters_now.cluster_name
        end as cluster_name,
        clusters_known.campaign_id is not null as is_cluster_of_then,
        case when reported.is_purchase_reported then 'reported' else 'orders' end as purchase_basis,
        case when reported.is_revenue_reported then 'reported' else 'orders' end as revenue_basis,
        case when reported.is_margin_reported then 'reported' else 'orders' end as margin_basis,
        case
            when watched_campaigns.is_watched then coalesce(visited.post_visit, 0)
        end as visit,
        case
            when reported.is_response_reported then case when customers.has_responded then 1 else 0 end
        end as responded,
        case
            when reported.is_purchase_reported then case when customers.converted then 1 else 0 end
            when sales.has_orders
                then case when coalesce(ordered.post_orders, 0) > 0 then 1 else 0 end
        end as purchase,
        case when sales.has_orders then coalesce(ordered.post_orders, 0) end as orders,
        case
            when reported.is_revenue_reported then coalesce(customers.reported_revenue, 0)
            when sales.has_orders then coalesce(ordered.post_revenue, 0)
        end as revenue,
        case
            when reported.is_margin_reported then coalesce(customers.reported_margin, 0)
            when reported.is_revenue_reported
                then coalesce(customers.reported_revenue, 0) * {{ var('assumed_margin_share') }}
            when sales.has_orders then coalesce(ordered.post_margin, 0)
        end as margin,
        case when sales.has_orders then coalesce(ordered.post_returns, 0) end as returns,
        case
            when watched_campaigns.is_watched then coalesce(visited.pre_visit, 0)
        end as pre_visit,
        0 as pre_responded,
        case when coalesce(ordered.pre_orders, 0) > 0 then 1 else 0 end as pre_purchase,
        coalesce(ordered.pre_orders, 0) as pre_orders,
        coalesce(ordered.pre_revenue, 0) as pre_revenue,
        coalesce(ordered.pre_margin, 0) as pre_margin,
        coalesce(ordered.pre_returns, 0) as pre_returns,
        coalesce(ordered.pre_margin, 0) as pre_profit
    from customers
    cross join sales
    inner join reported
        on customers.campaign_id = reported.campaign_id
    left join ordered
        on customers.campaign_id = ordered.campaign_id
        and customers.customer_id = ordered.customer_id
    left join watched_campaigns
        on customers.campaign_id = watched_campaigns.campaign_id
    left join visited
        on customers.campaign_id = visited.campaign_id
        and customers.customer_id = visited.customer_id
    left join last_month_ends
        on customers.campaign_id = last_month_ends.campaign_id
    left join segments
        on customers.customer_id = segments.customer_id
        and last_month_ends.month_end_date = segments.month_end_date
    left join clusters_known
        on customers.campaign_id = clusters_known.campaign_id
    left join clusters_then
        on customers.campaign_id = clusters_then.campaign_id
        and customers.customer_id = clusters_then.customer_id
    left join clusters_now
        on customers.customer_id = clusters_now.customer_id

),

-- A contact costs whoever is contacted; the offer costs once where a contacted one buys.
settled as (

    select
        *,
        case
            when is_contacted then contact_cost + coalesce(purchase, 0) * offer_cost
            else 0
        end as cost,
        margin - cost as profit
    from described

)

select
    campaign_id,
    list_name,
    customer_id,
    arm,
    stratum,
    own_channel as channel,
    offer,
    segment,
    cluster_key,
    cluster_name,
    purchase_basis,
    revenue_basis,
    margin_basis,
    {%- for metric in metrics %}
    cast({{ metric }} as decimal(18, 4)) as {{ metric }},
    {%- endfor %}
    {%- for metric in metrics %}
    cast(pre_{{ metric }} as decimal(18, 4)) as pre_{{ metric }},
    {%- endfor %}
    cast(cost as decimal(18, 4)) as cost,
    is_contacted,
    has_responded,
    is_cluster_of_then,
    is_window_over,
    has_sales,
    sent_at,
    pre_start_at,
    window_start_at,
    window_end_at
from settled
