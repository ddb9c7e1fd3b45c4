-- What the customers of each list would do uncontacted, from the best that is known: the
-- controls of its past campaigns, else customers who were of the same segments one window
-- ago, weighed by the list's segments of today, else what is assumed.
{% set metrics = ['purchase', 'revenue', 'margin', 'returns', 'profit'] -%}
with

lists as (

    select * from {{ ref('lists_priced') }}

),

metrics as (

    select * from {{ ref('experiment_metrics') }}

),

priors as (

    select * from {{ ref('list_priors') }}

),

decisions as (

    select * from {{ ref('list_decisions') }}
    where is_in

),

outcomes as (

    select * from {{ ref('campaign_outcomes') }}
    where slice = 'all'
        and arm = 'control'

),

lifts as (

    select distinct
        campaign_id,
        metric
    from {{ ref('campaign_lift') }}
    where slice = 'all'
        and is_read

),

segments as (

    select * from {{ ref('rfm_scores') }}
    where basis = 'bought'

),

month_ends as (

    select * from {{ ref('rfm_month_ends') }}
    where basis = 'bought'

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
    where customer_id is not null

),

available as (

    select
        list_name,
        count(*) as available,
        {{ ratio('sum(control_share)', 'count(*)') }} as control_share
    from decisions
    group by list_name

),

controls as (

    select
        outcomes.list_name,
        outcomes.metric,
        count(distinct outcomes.campaign_id) as campaigns,
        sum(outcomes.customers) as customers,
        sum(outcomes.total) as total,
        sum(outcomes.total_of_squares) as total_of_squares
    from outcomes
    inner join lifts
        on outcomes.campaign_id = lifts.campaign_id
        and outcomes.metric = lifts.metric
    where outcomes.list_name is not null
    group by outcomes.list_name, outcomes.metric

),

past_day as (

    select max(month_end_date) as past_date
    from month_ends
    where cast({{ days_after('month_end_date', var('conversion_window_days')) }} as timestamp)
        <= {{ as_of_date() }}

),

past_customers as (

    select
        month_ends.customer_id,
        month_ends.segment,
        past_day.past_date,
        cast(case when count(*) filter (where orders.is_placed) > 0 then 1 else 0 end
            as decimal(18, 4)) as purchase,
        cast(coalesce(sum(orders.placed_revenue) filter (where orders.is_placed), 0)
            as decimal(18, 4)) as revenue,
        cast(coalesce(sum(orders.placed_margin) filter (where orders.is_placed), 0)
            as decimal(18, 4)) as margin,
        cast(coalesce(sum(orders.refund), 0) as decimal(18, 4)) as returns,
        cast(coalesce(sum(orders.placed_margin) filter (where orders.is_placed), 0)
            as decimal(18, 4)) as profit
    from month_ends
    inner join past_day
        on month_ends.month_end_date = past_day.past_date
    left join orders
        on month_ends.customer_id = orders.customer_id
        and past_day.past_date <= orders.ordered_at
        and {{ days_after('past_day.past_date', var('conversion_window_days')) }}
            > orders.ordered_at
    group by month_ends.customer_id, month_ends.segment, past_day.past_date

),

past_segments as (

    {% for metric in metrics -%}
    select
        segment,
        '{{ metric }}' as metric,
        past_date,
        count(*) as customers,
        {{ ratio('sum(' ~ metric ~ ')', 'count(*)') }} as mean,
        {{ ratio('sum(' ~ product_of(metric, metric) ~ ')', 'count(*)') }} as mean_of_squares
    from past_customers
    group by segment, past_date
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

list_segments as (

    select
        decisions.list_name,
        segments.segment,
        count(*) as members
    from decisions
    inner join segments
        on decisions.customer_id = segments.customer_id
    group by decisions.list_name, segments.segment

),

-- Weights are whole customers, so that the sums do not hang on their order.
mixes as (

    select
        list_segments.list_name,
        past_segments.metric,
        past_segments.past_date,
        sum(past_segments.customers) as customers,
        sum(cast(past_segments.mean as decimal(28, 8)) * list_segments.members) as total,
        sum(cast(past_segments.mean_of_squares as decimal(28, 8)) * list_segments.members)
            as total_of_squares,
        sum(list_segments.members) as members
    from list_segments
    inner join past_segments
        on list_segments.segment = past_segments.segment
    group by list_segments.list_name, past_segments.metric, past_segments.past_date

),

known as (

    select
        list_name,
        metric,
        1 as preference,
        case
            when campaigns = 1 then {{ text('controls of 1 campaign') }}
            else {{ text('controls of {campaigns} campaigns', campaigns='campaigns') }}
        end as baseline_basis,
        customers,
        {{ ratio('total', 'customers') }} as baseline_mean,
        {{ ratio('total_of_squares', 'customers') }} as mean_of_squares
    from controls

    union all

    select
        list_name,
        metric,
        2 as preference,
        {{ text(
            'customers of the same segments in the {days} after {date}',
            days=counted(var('conversion_window_days'), 'day|days'), date='cast(past_date as string)'
        ) }} as baseline_basis,
        customers,
        {{ ratio('total', 'members') }} as baseline_mean,
        {{ ratio('total_of_squares', 'members') }} as mean_of_squares
    from mixes

    union all

    select
        list_name,
        'purchase' as metric,
        3 as preference,
        {{ label('lift_basis', 'basis') }} as baseline_basis,
        0 as customers,
        cast(baseline_probability as double) as baseline_mean,
        cast(baseline_probability as double) as mean_of_squares
    from priors

),

-- What never happened, or always, is no baseline: its variance is none.
best as (

    select * from known
    where mean_of_squares > baseline_mean * baseline_mean
    qualify row_number() over (
        partition by list_name, metric
        order by preference
    ) = 1

)

select
    lists.list_name,
    metrics.metric,
    metrics.kind,
    metrics.unit,
    best.baseline_basis,
    cast(metrics.place as bigint) as metric_place,
    cast(coalesce(best.customers, 0) as bigint) as baseline_customers,
    best.baseline_mean,
    best.mean_of_squares - best.baseline_mean * best.baseline_mean as baseline_variance,
    coalesce(
        case when metrics.metric = 'purchase' then cast(priors.smallest_effect as double) end,
        cast(metrics.smallest_share as double) * abs(best.baseline_mean)
    ) as smallest_effect,
    coalesce(available.available, 0) as available,
    coalesce(available.control_share, cast({{ var('control_share') }} as double))
        as control_share,
    cast(lists.cooldown_days as bigint) as cooldown_days,
    cast({{ var('conversion_window_days') }} as bigint) as window_days
from lists
cross join metrics
left join best
    on lists.list_name = best.list_name
    and metrics.metric = best.metric
left join available
    on lists.list_name = available.list_name
left join priors
    on lists.list_name = priors.list_name
-- Most campaigns cannot show a response of their controls: without one it is not planned for.
where metrics.metric <> 'responded'
    or best.metric is not null
