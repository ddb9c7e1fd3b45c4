-- Everyone whom the lists of a holdout period could have reached, as the bucket assigned
-- them, whether or not a list ever wanted them: who was known before the period is in it
-- from its first day, who came later from the moment of the own entry. What makes a customer
-- known (the first order, or the registration) is before that: no list caused it.
{% set holdout_salt = "'" ~ project_name ~ "|' || periods.period || '|'" -%}
with

periods as (

    select
        *,
        least(end_at, {{ as_of_date() }}) as read_until_at
    from {{ ref('holdout_windows') }}

),

known as (

    select
        customer_id,
        least(
            coalesce(registered_at, first_seen_at), coalesce(first_seen_at, registered_at)
        ) as entered_at
    from {{ ref('dim_customers') }}

),

orders as (

    select
        customer_id,
        placed_revenue,
        placed_margin_estimate as placed_margin,
        ordered_at
    from {{ ref('fct_orders') }}
    where is_placed
        and customer_id is not null

),

campaign_customers as (

    select * from {{ ref('campaign_customers') }}

),

messages as (

    select * from {{ ref('messages_sent') }}

),

eligible as (

    select
        periods.period,
        known.customer_id,
        {{ hash_bucket(holdout_salt, 'known.customer_id') }} < 10000 * periods.share
            as is_in_holdout,
        periods.share,
        known.entered_at,
        periods.start_at,
        greatest(periods.start_at, known.entered_at) as window_start_at,
        periods.read_until_at
    from periods
    inner join known
        on periods.read_until_at > known.entered_at
    where periods.read_until_at > periods.start_at

),

-- As long before as the window is so far; of who came later it holds what made them known.
windows as (

    select
        *,
        {{ days_after('window_start_at', '-' ~ elapsed_days('window_start_at', 'read_until_at')) }}
            as pre_start_at
    from eligible

),

ordered as (

    select
        windows.period,
        windows.customer_id,
        orders.placed_revenue,
        orders.placed_margin,
        orders.ordered_at >= windows.start_at and orders.ordered_at > windows.entered_at
            as is_in_window
    from windows
    inner join orders
        on windows.customer_id = orders.customer_id
        and windows.pre_start_at <= orders.ordered_at
        and windows.read_until_at > orders.ordered_at

),

bought as (

    select
        period,
        customer_id,
        {%- for prefix, condition in [('', 'is_in_window'), ('pre_', 'not is_in_window')] %}
        max(case when {{ condition }} then 1 else 0 end) as {{ prefix }}purchase,
        sum(placed_revenue) filter (where {{ condition }}) as {{ prefix }}revenue,
        sum(placed_margin) filter (where {{ condition }}) as {{ prefix }}margin
        {{- ',' if not loop.last }}
        {%- endfor %}
    from ordered
    group by period, customer_id

),

-- What the messages and offers of the period's campaigns cost, by whom they went to.
spent as (

    select
        windows.period,
        windows.customer_id,
        sum(campaign_customers.cost) as cost,
        bool_or(campaign_customers.is_contacted) as is_contacted
    from windows
    inner join campaign_customers
        on windows.customer_id = campaign_customers.customer_id
        and windows.start_at <= campaign_customers.window_start_at
        and windows.read_until_at > campaign_customers.window_start_at
    group by windows.period, windows.customer_id

),

written_to as (

    select distinct
        windows.period,
        windows.customer_id
    from windows
    inner join messages
        on windows.customer_id = messages.customer_id
        and windows.start_at <= messages.sent_at
        and windows.read_until_at > messages.sent_at

)

select
    windows.period,
    windows.customer_id,
    case when windows.is_in_holdout then 'holdout' else 'not in holdout' end as arm,
    cast(
        case when windows.is_in_holdout then windows.share else 1 - windows.share end
        as decimal(9, 6)
    ) as planned_share,
    cast(coalesce(bought.purchase, 0) as decimal(18, 4)) as purchase,
    cast(coalesce(bought.revenue, 0) as decimal(18, 4)) as revenue,
    cast(coalesce(bought.margin, 0) as decimal(18, 4)) as margin,
    cast(coalesce(bought.margin, 0) - coalesce(spent.cost, 0) as decimal(18, 4)) as profit,
    cast(coalesce(bought.pre_purchase, 0) as decimal(18, 4)) as pre_purchase,
    cast(coalesce(bought.pre_revenue, 0) as decimal(18, 4)) as pre_revenue,
    cast(coalesce(bought.pre_margin, 0) as decimal(18, 4)) as pre_margin,
    cast(coalesce(bought.pre_margin, 0) as decimal(18, 4)) as pre_profit,
    cast(coalesce(spent.cost, 0) as decimal(18, 4)) as cost,
    coalesce(spent.is_contacted, false) or written_to.customer_id is not null as is_contacted,
    windows.window_start_at,
    windows.read_until_at
from windows
left join bought
    on windows.period = bought.period
    and windows.customer_id = bought.customer_id
left join spent
    on windows.period = spent.period
    and windows.customer_id = spent.customer_id
left join written_to
    on windows.period = written_to.period
    and windows.customer_id = written_to.customer_id
