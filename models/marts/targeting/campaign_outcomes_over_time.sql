-- The same outcomes, day by day and added up, from the shop's own orders, which have dates.
-- The sums of squares grow with each order by what it adds to its customer's square, so
-- that no table of customers and days is needed.
{% set metrics = ['purchase', 'revenue', 'margin', 'returns'] -%}
with

customers as (

    select * from {{ ref('campaign_customers') }}
    where arm <> 'unassigned'

),

orders as (

    select
        customer_id,
        case when is_placed then 1 else 0 end as orders,
        case when is_placed then placed_revenue else 0 end as revenue,
        case when is_placed then placed_margin_estimate else 0 end as margin,
        refund as returns,
        ordered_at
    from {{ ref('fct_orders') }}
    where ordered_at < {{ as_of_date() }}
        and customer_id is not null

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

daily as (

    select
        customers.campaign_id,
        customers.arm,
        customers.customer_id,
        1 + {{ elapsed_days('customers.window_start_at', 'orders.ordered_at') }}
            as days_after_send,
        sum(orders.orders) as orders,
        sum(orders.revenue) as revenue,
        sum(orders.margin) as margin,
        sum(orders.returns) as returns
    from customers
    inner join orders
        on customers.customer_id = orders.customer_id
        and customers.window_start_at <= orders.ordered_at
        and customers.window_end_at > orders.ordered_at
    group by all

),

running as (

    select
        campaign_id,
        arm,
        days_after_send,
        {%- for metric in ['orders', 'revenue', 'margin', 'returns'] %}
        {{ metric }},
        sum({{ metric }}) over (
            partition by campaign_id, customer_id
            order by days_after_send
        ) as {{ metric }}_so_far{{ ',' if not loop.last }}
        {%- endfor %}
    from daily

),

steps as (

    {% for metric in metrics -%}
    {% set amount = "case when orders > 0 and orders_so_far = orders then 1 else 0 end"
        if metric == 'purchase' else metric -%}
    select
        campaign_id,
        arm,
        '{{ metric }}' as metric,
        days_after_send,
        cast(sum({{ amount }}) as decimal(38, 4)) as added,
        {%- if metric == 'purchase' %}
        cast(sum({{ amount }}) as decimal(38, 8)) as added_squares
        {%- else %}
        cast(sum(
            {{ product_of(
                metric, 'cast(2 * ' ~ metric ~ '_so_far - ' ~ metric ~ ' as decimal(18, 4))'
            ) }}
        ) as decimal(38, 8)) as added_squares
        {%- endif %}
    from running
    group by campaign_id, arm, days_after_send
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
