-- Everything is taken from before the cut-off; only the outcome looks beyond it.
{% set window = var('activity_window_days') -%}
{% set base = var('activity_base_days') -%}
with

cutoffs as (

    select * from {{ ref('activity_cutoffs') }}
    where is_current
        or is_training

),

orders as (

    select * from {{ ref('fct_orders') }}
    where is_placed
        and customer_id is not null

),

order_lines as (

    select
        order_lines.*,
        products.category_1
    from {{ ref('fct_order_lines') }} as order_lines
    inner join {{ ref('dim_products') }} as products
        on order_lines.product_id = products.product_id
    where order_lines.is_modelled
        and order_lines.customer_id is not null

),

site_activity as (

    select * from {{ ref('int_site_activity_judged') }}
    where decision = 'kept'

),

orders_before as (

    select
        cutoffs.number,
        cutoffs.cutoff_at,
        cutoffs.base_days,
        orders.customer_id,
        orders.order_id,
        orders.channel,
        orders.placed_revenue,
        orders.ordered_at,
        {{ elapsed_days('orders.ordered_at', 'cutoffs.cutoff_at') }} as age_days,
        {{ elapsed_days(
            'lag(orders.ordered_at) over (
                partition by cutoffs.number, orders.customer_id
                order by orders.ordered_at, orders.order_id
            )',
            'orders.ordered_at'
        ) }} as gap_days
    from cutoffs
    inner join orders
        on cutoffs.cutoff_at > orders.ordered_at

),

levels as (

    select
        number,
        cutoff_at,
        customer_id,
        min(age_days) as recency_days,
        max(age_days) as tenure_days,
        least(max(base_days), max(age_days) + 1) as exposure_days,
        count(*) filter (where age_days < {{ base }}) as base_orders,
        count(*) filter (where age_days < {{ window }}) as last_level,
        count(*) filter (where age_days < {{ window // 2 }}) as latest_orders,
        sum(placed_revenue) filter (where age_days < {{ base }}) as base_revenue,
        sum(placed_revenue) filter (where age_days < {{ window }}) as last_revenue,
        count(distinct channel) filter (where age_days < {{ base }}) as channels,
        cast(median(gap_days) as double) as median_gap_days,
        max_by(gap_days, (ordered_at, order_id)) as last_gap_days
    from orders_before
    group by number, cutoff_at, customer_id

),

goods as (

    select
        cutoffs.number,
        order_lines.customer_id,
        count(*) filter (where order_lines.is_placed) as lines,
        count(*) filter (where order_lines.is_placed and order_lines.discount > 0)
            as discounted_lines,
        count(*) filter (where order_lines.is_return) as return_lines,
        count(distinct order_lines.category_1) filter (where order_lines.is_placed)
            as categories
    from cutoffs
    inner join order_lines
        on cutoffs.cutoff_at > order_lines.ordered_at
        and {{ days_after('cutoffs.cutoff_at', -base) }} <= order_lines.ordered_at
    group by cutoffs.number, order_lines.customer_id

),

-- A month of site activity is known when it is over.
site_months as (

    select
        cutoffs.number,
        site_activity.*,
        row_number() over (
            partition by cutoffs.number, site_activity.customer_id
            order by site_activity.period_start desc
        ) as months_back
    from cutoffs
    inner join site_activity
        on cutoffs.cutoff_at >= site_activity.period_start + interval '1 month'

),

site as (

    select
        number,
        customer_id,
        max(visits) filter (where months_back = 1) as last_visits,
        avg(cast(visits as decimal(18, 4)))
            filter (where months_back between 2 and 4) as earlier_visits,
        max(minutes) filter (where months_back = 1) as last_minutes,
        avg(minutes) filter (where months_back between 2 and 4) as earlier_minutes,
        max(unpaid_items) filter (where months_back = 1) as unpaid_items,
        max(service_errors) filter (where months_back = 1) as service_errors
    from site_months
    group by number, customer_id

),

outcomes as (

    select
        cutoffs.number,
        orders.customer_id,
        count(*) as outcome_orders
    from cutoffs
    inner join orders
        on cutoffs.cutoff_at <= orders.ordered_at
        and {{ days_after('cutoffs.cutoff_at', window) }} > orders.ordered_at
    where cutoffs.is_training
    group by cutoffs.number, orders.customer_id

),

-- A customer with few orders is drawn to the shop's mean (gamma-Poisson
-- shrinkage: the prior weighs as much as activity_prior_days of history).
shop_means as (

    select
        number,
        {{ ratio('sum(base_orders)', 'sum(exposure_days)') }} as orders_per_day
    from levels
    where base_orders >= {{ var('activity_minimum_orders') }}
    group by number

),

expected as (

    select
        levels.*,
        {{ window }} * (
            levels.base_orders
            + shop_means.orders_per_day * {{ var('activity_prior_days') }}
        ) / (levels.exposure_days + {{ var('activity_prior_days') }})
            as usual_orders
    from levels
    inner join shop_means
        on levels.number = shop_means.number
    where levels.base_orders >= {{ var('activity_minimum_orders') }}

),

joined as (

    select
        expected.*,
        cutoffs.is_current,
        cutoffs.is_training,
        goods.categories,
        {{ ratio('goods.discounted_lines', 'goods.lines') }} as discounted_share,
        {{ ratio('goods.return_lines', 'goods.lines') }} as returned_share,
        site.last_visits,
        {{ ratio('site.last_visits', 'site.earlier_visits') }} as visits_trend,
        {{ ratio('site.last_minutes', 'site.earlier_minutes') }} as minutes_trend,
        site.unpaid_items,
        site.service_errors,
        expected.usual_orders * cutoffs.shop_change as expected_orders,
        coalesce(outcomes.outcome_orders, 0) as outcome_orders
    from expected
    inner join cutoffs
        on expected.number = cutoffs.number
    left join goods
        on expected.number = goods.number
        and expected.customer_id = goods.customer_id
    left join site
        on expected.number = site.number
        and expected.customer_id = site.customer_id
    left join outcomes
        on expected.number = outcomes.number
        and expected.customer_id = outcomes.customer_id

)

select
    customer_id,
    cast(recency_days as double) as recency_days,
    cast(tenure_days as double) as tenure_days,
    usual_orders,
    cast(last_level as double) as last_level,
    last_level / nullif(usual_orders, 0) as level_trend,
    2 * latest_orders / nullif(usual_orders, 0) as latest_trend,
    {{ ratio('base_revenue', 'base_orders') }} as mean_receipt,
    {{ ratio('last_revenue * base_orders', 'base_revenue * last_level') }}
        as receipt_trend,
    median_gap_days,
    recency_days / nullif(median_gap_days, 0) as overdue_ratio,
    last_gap_days / nullif(median_gap_days, 0) as gap_trend,
    cast(categories as double) as categories,
    cast(channels as double) as channels,
    discounted_share,
    returned_share,
    cast(last_visits as double) as last_visits,
    visits_trend,
    minutes_trend,
    cast(unpaid_items as double) as unpaid_items,
    cast(service_errors as double) as service_errors,
    case when is_training then expected_orders end as expected_orders,
    case when is_training then outcome_orders end as outcome_orders,
    is_current,
    case
        when is_training
            then outcome_orders < (1 - {{ var('activity_drop_share') }}) * expected_orders
    end as is_declined,
    cutoff_at
from joined
