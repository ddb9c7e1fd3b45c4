-- The same outcomes, day by day and added up.
{% set metrics = ['purchase', 'revenue', 'margin', 'returns'] -%}
with

customers as (

    select * from {{ ref('campaign_customers') }}
    where arm <> 'unassigned'

),

steps as (

    select * from {{ ref('campaign_daily_outcomes') }}

),

arms as (

    select
        campaign_id,
        list_name,
        arm,
        count(*) as customers,
        window_start_at
    from customers
    group by campaign_id, list_name, arm, window_start_at

),

days as (

    {% for day in range(1, var('conversion_window_days') + 1) -%}
    select {{ day }} as days_after_send
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

observed as (

    select
        arms.*,
        metrics.metric,
        days.days_after_send,
        coalesce(sum(steps.added) over so_far, 0) as total,
        coalesce(sum(steps.added_squares) over so_far, 0) as total_of_squares
    from arms
    cross join days
    cross join (
        values {% for metric in metrics -%}
        ('{{ metric }}'){{ ', ' if not loop.last }}
        {%- endfor %}
    ) as metrics (metric)
    left join steps
        on arms.campaign_id = steps.campaign_id
        and arms.arm = steps.arm
        and metrics.metric = steps.metric
        and days.days_after_send = steps.days_after_send
    where {{ days_after('arms.window_start_at', 'days.days_after_send') }}
        <= {{ as_of_date() }}
    window so_far as (
        partition by arms.campaign_id, arms.arm, metrics.metric
        order by days.days_after_send
    )

),

measured as (

    select
        *,
        {{ ratio('total', 'customers') }} as mean,
        case
            when customers > 1 then greatest(
                cast(total_of_squares as double)
                - cast(total as double) * cast(total as double) / customers,
                0
            ) / (customers - 1) / customers
        end as squared_error
    from observed

),

compared as (

    select
        arms.*,
        arms.mean - controls.mean as difference,
        1.959964 * sqrt(arms.squared_error + controls.squared_error) as reach
    from measured as arms
    left join measured as controls
        on arms.campaign_id = controls.campaign_id
        and arms.metric = controls.metric
        and arms.days_after_send = controls.days_after_send
        and controls.arm = 'control'
        and arms.arm <> 'control'

)

select
    campaign_id,
    list_name,
    metric,
    arm,
    cast(days_after_send as bigint) as days_after_send,
    customers,
    cast(total as decimal(38, 4)) as total,
    mean,
    difference,
    difference - reach as lower_95,
    difference + reach as upper_95
from compared
