-- Everything is taken from before the cut-off; only the outcome looks beyond it.
{% set window = var('activity_window_days') -%}
{% set base = var('activity_base_days') -%}
with

cutoffs as (

    select * from {{ ref('activity_cutoffs') }}
    where is_current
        or is_training
        or is_labelled

),

labels as (

    select * from {{ ref('int_activity_labels_validated') }}
    where decision = 'accepted'

),

customers as (

    select * from {{ ref('dim_customers') }}

),

period_totals as (

    select * from {{ ref('int_customer_period_totals_validated') }}
    where decision = 'accepted'

),

orders as (

    select
        *,
        {{ elapsed_days(
            'lag(ordered_at) over (partition by customer_id order by ordered_at, order_id)',
            'ordered_at'
        ) }} as gap_days,
        exists(
            select 1 from {{ ref('holiday_seasons') }} as seasons
            where 100 * extract(month from orders.ordered_at)
                + extract(day from orders.ordered_at)
                between seasons.first_month_day and seasons.last_month_day
        ) as is_in_holiday_season
    from {{ ref('fct_orders') }} as orders
    where is_placed
        and customer_id is not null

),

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_modelled
        and customer_id is not null

),

products as (

    select * from {{ ref('dim_products') }}

),

site_activity as (

    select * from {{ ref('int_site_activity_validated') }}
    where decision = 'accepted'

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
        orders.is_in_holiday_season,
        orders.ordered_at,
        {{ elapsed_days('orders.ordered_at', 'cutoffs.cutoff_at') }} as age_days,
        orders.gap_days
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
        least(max(base_days), max(age_days) + 1) as exposure_days,
        count(*) filter (where age_days < {{ base }}) as base_orders,
        count(*) filter (where age_days < {{ window }}) as previous_period_orders,
        count(*) filter (where age_days < {{ window // 2 }}) as latest_orders,
        count(*) filter (where age_days < {{ base }} and is_in_holiday_season)
            as holiday_orders,
        count(distinct channel) filter (where age_days < {{ base }}) as channels,
        sum(placed_revenue) filter (where age_days < {{ base }}) as base_revenue,
        cast(median(gap_days) as double) as median_gap_days,
        max_by(gap_days, (ordered_at, order_id)) as last_gap_days
    from orders_before
    group by number, cutoff_at, customer_id

),

-- A month of site activity is known when it is over. Months are those of the
-- site: whoever was seen before and is not in one did not come.
months as (

    select distinct period_start from site_activity

),

site_months as (

    select
        cutoffs.number,
        months.period_start,
        row_number() over (
            partition by cutoffs.number order by months.period_start desc
        ) as months_back
    from cutoffs
    inner join months
        on cutoffs.cutoff_at >= months.period_start + interval '1 month'

),

site_visitors as (

    select
        customer_id,
        min(period_start) as first_seen_at
    from site_activity
    group by customer_id

),

site_visits as (

    select
        site_months.number,
        site_months.months_back,
        site_visitors.customer_id,
        {%- for measure in [
            'visits', 'minutes', 'unpaid_items', 'service_errors',
            'marketing_contacts',
        ] %}
        case
            when site_activity.customer_id is null then 0
            else site_activity.{{ measure }}
        end as {{ measure }},
        {%- endfor %}
        site_activity.pages_per_visit,
        site_activity.categories_per_visit
    from site_months
    inner join site_visitors
        on site_months.period_start >= site_visitors.first_seen_at
    left join site_activity
        on site_visitors.customer_id = site_activity.customer_id
        and site_months.period_start = site_activity.period_start
    where site_months.months_back <= 5

),

site as (

    select
        number,
        customer_id,
        sum(visits) filter (where months_back <= 2) as last_visits,
        sum(minutes) filter (where months_back <= 2) as last_minutes,
        sum(unpaid_items) filter (where months_back <= 2) as unpaid_items,
        sum(service_errors) filter (where months_back <= 2) as service_errors,
        sum(minutes) filter (where months_back = 1) as latest_minutes,
        sum(minutes) filter (where months_back = 2) as previous_minutes,
        avg(cast(pages_per_visit as decimal(18, 4)))
            filter (where months_back <= 2) as pages_per_visit,
        avg(cast(categories_per_visit as decimal(18, 4)))
            filter (where months_back <= 2) as categories_per_visit,
        sum(marketing_contacts) filter (where months_back = 1)
            as marketing_contacts,
        {{ ratio(
            'sum(marketing_contacts) filter (where months_back > 1)',
            'count(marketing_contacts) filter (where months_back > 1)',
        ) }} as earlier_marketing_contacts,
        {{ ratio(
            'sum(visits) filter (where months_back <= 2)',
            'count(visits) filter (where months_back <= 2)',
        ) }} as last_monthly_visits,
        {{ ratio(
            'sum(visits) filter (where months_back > 2)',
            'count(visits) filter (where months_back > 2)',
        ) }} as earlier_monthly_visits
    from site_visits
    group by number, customer_id

),

-- The same for spend that is known by month alone: whoever spent before and has
-- no row in a month spent nothing in it.
spend_periods as (

    select distinct period_start from period_totals

),

spend_months as (

    select
        cutoffs.number,
        spend_periods.period_start,
        row_number() over (
            partition by cutoffs.number order by spend_periods.period_start desc
        ) as months_back
    from cutoffs
    inner join spend_periods
        on cutoffs.cutoff_at >= spend_periods.period_start + interval '1 month'

),

spenders as (

    select
        customer_id,
        min(period_start) as first_spent_at
    from period_totals
    group by customer_id

),

monthly_spend as (

    select
        spend_months.number,
        spend_months.months_back,
        spenders.customer_id,
        case
            when period_totals.customer_id is null then 0
            else period_totals.revenue
        end as revenue
    from spend_months
    inner join spenders
        on spend_months.period_start >= spenders.first_spent_at
    left join period_totals
        on spenders.customer_id = period_totals.customer_id
        and spend_months.period_start = period_totals.period_start
    where spend_months.months_back <= 6

),

spend as (

    select
        number,
        customer_id,
        count(*) as known_months,
        sum(revenue) as known_spend,
        cast(sum(revenue) filter (where months_back = 1) as double) as last_spend,
        cast(sum(revenue) filter (where months_back = 2) as double)
            as previous_spend,
        {{ ratio(
            'sum(revenue) filter (where months_back > 1)',
            'count(revenue) filter (where months_back > 1)',
        ) }} as typical_spend,
        {{ ratio(
            'sum(revenue) filter (where months_back > 2)',
            'count(revenue) filter (where months_back > 2)',
        ) }} as earlier_spend
    from monthly_spend
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

typical_levels as (

    select
        levels.*,
        {{ window }} * (
            levels.base_orders
            + shop_means.orders_per_day * {{ var('activity_prior_days') }}
        ) / (levels.exposure_days + {{ var('activity_prior_days') }})
            as typical_orders
    from levels
    inner join shop_means
        on levels.number = shop_means.number
    where levels.base_orders >= {{ var('activity_minimum_orders') }}

),

-- Whom a label was given stays with it: none is derived next to it.
labelled as (

    select
        cutoffs.number,
        labels.customer_id,
        labels.label = 'declined' as is_declined
    from cutoffs
    inner join labels
        on cutoffs.cutoff_at = labels.as_of_date
    where labels.label in ('declined', 'steady')

),

-- What happened to all regular customers is no decline of one: a season, and
-- that whoever was picked for buying much will mostly buy less.
outcomes_of_regulars as (

    select
        typical_levels.number,
        typical_levels.customer_id,
        coalesce(outcomes.outcome_orders, 0) as outcome_orders,
        {{ ratio(
            'sum(outcomes.outcome_orders) over (partition by typical_levels.number)',
            'sum(cast(typical_levels.typical_orders as decimal(28, 12)))
                over (partition by typical_levels.number)',
        ) }} as peer_change
    from typical_levels
    inner join cutoffs
        on typical_levels.number = cutoffs.number
        and cutoffs.is_training
    left join outcomes
        on typical_levels.number = outcomes.number
        and typical_levels.customer_id = outcomes.customer_id
    where typical_levels.customer_id not in (
        select labelled.customer_id from labelled
    )

),

-- Who orders regularly, who spends in months without orders, and who has a label.
observed as (

    select
        typical_levels.number,
        typical_levels.customer_id
    from typical_levels
    inner join cutoffs
        on typical_levels.number = cutoffs.number
    where cutoffs.is_current
        or (
            cutoffs.is_training
            and typical_levels.customer_id not in (
                select labelled.customer_id from labelled
            )
        )

    union

    select
        spend.number,
        spend.customer_id
    from spend
    inner join cutoffs
        on spend.number = cutoffs.number
        and cutoffs.is_current
    where spend.known_months > 1
        and spend.known_spend > 0
        and spend.customer_id not in (select orders.customer_id from orders)

    union

    select
        labelled.number,
        labelled.customer_id
    from labelled
    inner join customers
        on labelled.customer_id = customers.customer_id

),

-- The lines come down to the categories of an order before they meet the cut-offs.
category_lines as (

    select
        order_lines.customer_id,
        order_lines.ordered_at,
        products.category_1,
        count(*) filter (where order_lines.is_placed) as lines,
        count(*) filter (where order_lines.is_placed and order_lines.discount > 0)
            as discounted_lines,
        count(*) filter (where order_lines.is_return) as return_lines,
        sum(order_lines.placed_revenue) filter (where order_lines.is_placed)
            as placed_revenue
    from order_lines
    inner join products
        on order_lines.product_id = products.product_id
    where order_lines.ordered_at
        >= (select min({{ days_after('cutoff_at', -base) }}) from cutoffs)
        and order_lines.customer_id in (select observed.customer_id from observed)
    group by order_lines.customer_id, order_lines.ordered_at, products.category_1

),

goods_by_category as (

    select
        observed.number,
        observed.customer_id,
        category_lines.category_1,
        sum(category_lines.lines) as lines,
        sum(category_lines.discounted_lines) as discounted_lines,
        {%- for measure in ['lines', 'discounted_lines'] %}
        sum(category_lines.{{ measure }}) filter (
            where category_lines.ordered_at >= {{ days_after('cutoffs.cutoff_at', -window) }}
        ) as last_{{ measure }},
        {%- endfor %}
        sum(category_lines.return_lines) as return_lines,
        sum(category_lines.placed_revenue) as placed_revenue
    from category_lines
    inner join observed
        on category_lines.customer_id = observed.customer_id
    inner join cutoffs
        on observed.number = cutoffs.number
        and category_lines.ordered_at < cutoffs.cutoff_at
        and category_lines.ordered_at >= {{ days_after('cutoffs.cutoff_at', -base) }}
    group by observed.number, observed.customer_id, category_lines.category_1

),

goods as (

    select
        number,
        customer_id,
        {%- for measure in [
            'lines', 'discounted_lines', 'last_lines', 'last_discounted_lines', 'return_lines',
        ] %}
        cast(sum({{ measure }}) as bigint) as {{ measure }},
        {%- endfor %}
        count(category_1) filter (where lines > 0) as categories,
        min_by(category_1, (-placed_revenue, category_1))
            filter (where lines > 0 and category_1 is not null) as favourite_category
    from goods_by_category
    group by number, customer_id

),

joined as (

    select
        observed.number,
        observed.customer_id,
        levels.recency_days,
        levels.previous_period_orders,
        levels.latest_orders,
        levels.base_revenue,
        levels.base_orders,
        levels.holiday_orders,
        levels.channels,
        levels.median_gap_days,
        levels.last_gap_days,
        typical_levels.typical_orders,
        cutoffs.cutoff_at,
        cutoffs.is_current,
        labelled.is_declined as given_label,
        goods.categories,
        coalesce(
            {{ ratio('goods.discounted_lines', 'goods.lines') }},
            case when cutoffs.is_current then cast(customers.promo_share as double) end
        ) as discounted_share,
        {{ ratio('goods.last_discounted_lines', 'goods.last_lines') }}
            as last_discounted_share,
        {{ ratio('goods.return_lines', 'goods.lines') }} as returned_share,
        site.last_visits,
        {{ ratio('site.last_monthly_visits', 'site.earlier_monthly_visits') }}
            as visits_trend,
        {{ ratio('site.last_minutes', 'site.last_visits') }} as minutes_per_visit,
        site.unpaid_items,
        site.service_errors,
        site.latest_minutes,
        site.previous_minutes,
        site.pages_per_visit,
        site.categories_per_visit,
        site.marketing_contacts,
        -- What the customers' file tells is a state of the as-of date.
        coalesce(
            site.earlier_marketing_contacts,
            case
                when cutoffs.is_current
                    then cast(customers.marketing_contacts_per_month as double)
            end
        ) as earlier_marketing_contacts,
        case when cutoffs.is_current then customers.service_tier end as service_tier,
        coalesce(
            goods.favourite_category,
            case when cutoffs.is_current then customers.favourite_category end
        ) as favourite_category,
        {{ elapsed_days(
            'coalesce(customers.registered_at, customers.first_seen_at)',
            'cutoffs.cutoff_at'
        ) }} as tenure_days,
        spend.last_spend,
        spend.previous_spend,
        spend.typical_spend,
        spend.earlier_spend,
        outcomes_of_regulars.outcome_orders,
        typical_levels.typical_orders * coalesce(outcomes_of_regulars.peer_change, 0)
            as expected_orders
    from observed
    inner join cutoffs
        on observed.number = cutoffs.number
    left join customers
        on observed.customer_id = customers.customer_id
    {%- for one in [
        'levels', 'typical_levels', 'goods', 'site', 'spend',
        'outcomes_of_regulars', 'labelled',
    ] %}
    left join {{ one }}
        on observed.number = {{ one }}.number
        and observed.customer_id = {{ one }}.customer_id
    {%- endfor %}

)

select
    customer_id,
    cast(recency_days as double) as recency_days,
    typical_orders,
    cast(previous_period_orders as double) as previous_period_orders,
    -- Without orders the level is the spend of a month.
    coalesce(previous_period_orders / nullif(typical_orders, 0), last_spend / nullif(typical_spend, 0))
        as level_trend,
    2 * latest_orders / nullif(typical_orders, 0) as latest_trend,
    {{ ratio('base_revenue', 'base_orders') }} as average_order_value,
    median_gap_days,
    -- Who orders several times a day has a median gap of no day.
    recency_days / greatest(median_gap_days, 1) as overdue_ratio,
    last_gap_days / greatest(median_gap_days, 1) as gap_trend,
    cast(categories as double) as categories,
    cast(channels as double) as channels,
    {{ ratio('holiday_orders', 'base_orders') }} as holiday_share,
    discounted_share,
    last_discounted_share,
    returned_share,
    cast(last_visits as double) as last_visits,
    visits_trend,
    minutes_per_visit,
    cast(unpaid_items as double) as unpaid_items,
    cast(service_errors as double) as service_errors,
    cast(latest_minutes as double) as latest_minutes,
    {{ ratio('latest_minutes', 'previous_minutes') }} as minutes_trend,
    cast(pages_per_visit as double) as pages_per_visit,
    cast(categories_per_visit as double) as categories_per_visit,
    cast(marketing_contacts as double) as marketing_contacts,
    marketing_contacts / nullif(earlier_marketing_contacts, 0) as marketing_trend,
    last_spend,
    typical_spend,
    last_spend / nullif(typical_spend, 0) as spend_trend,
    previous_spend / nullif(earlier_spend, 0) as earlier_spend_trend,
    cast(tenure_days as double) as tenure_days,
    case when outcome_orders is not null and given_label is null then expected_orders end
        as expected_orders,
    favourite_category,
    service_tier,
    case when recency_days is null then 'totals' else 'orders' end as data_basis,
    case
        when given_label is not null then 'given'
        when outcome_orders is not null then 'derived'
    end as label_source,
    case when given_label is null then outcome_orders end as outcome_orders,
    cast(extract(month from cutoff_at) as bigint) as cutoff_month,
    is_current,
    -- A fall by exactly the share is none; the tolerance keeps floats from deciding.
    coalesce(
        given_label,
        outcome_orders
            < (1 - {{ var('activity_drop_share') }}) * expected_orders - 1e-9
    ) as is_declined,
    cutoff_at
from joined
