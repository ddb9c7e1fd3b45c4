-- Everything is taken from before the campaign: answers to earlier ones, orders
-- until its start, totals where it has no date, and the profile, which is taken to
-- be steady.
{% set lags = [1, 2, 3, 4, 5] -%}
{% set category_places = [1, 2, 3, 4, 5] -%}
{% set places = ['first', 'second', 'third'] -%}
with

campaigns as (

    select * from {{ ref('response_campaigns') }}

),

responses as (

    select
        responses.*,
        campaigns.place
    from {{ ref('contact_responses') }} as responses
    inner join campaigns
        on responses.campaign_id = campaigns.campaign_id

),

customers as (

    select * from {{ ref('dim_customers') }}

),

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'
        and source = 'totals'

),

contacted as (

    select
        campaigns.campaign_id,
        campaigns.place,
        responses.customer_id,
        responses.has_responded,
        not campaigns.is_dated as is_current,
        campaigns.cutoff_at
    from campaigns
    inner join responses
        on campaigns.campaign_id = responses.campaign_id
    inner join customers
        on responses.customer_id = customers.customer_id
    where campaigns.is_training
        and (campaigns.is_dated or not customers.has_orders)

    union all

    select
        campaigns.campaign_id,
        campaigns.place,
        customers.customer_id,
        cast(null as boolean) as has_responded,
        true as is_current,
        campaigns.cutoff_at
    from campaigns
    cross join customers
    where campaigns.is_planned

),

responded as (

    select
        contacted.campaign_id,
        contacted.customer_id,
        count(*) as campaigns_before,
        sum(case when responses.has_responded then 1 else 0 end) as responses_before
        {%- for lag in lags %},
        max(
            case when contacted.place - responses.place = {{ lag }}
                then case when responses.has_responded then 1 else 0 end end
        ) as responded_{{ lag }}
        {%- endfor %}
    from contacted
    inner join responses
        on contacted.customer_id = responses.customer_id
        and contacted.place > responses.place
    group by contacted.campaign_id, contacted.customer_id

),

orders as (

    select * from {{ ref('fct_orders') }}
    where is_placed
        and customer_id is not null

),

channels as (

    select * from {{ ref('customer_channels') }}

),

channel_places as (

    select distinct
        channel,
        channel_place
    from channels

),

ordered as (

    select
        contacted.campaign_id,
        contacted.customer_id,
        {{ elapsed_days('max(orders.ordered_at)', 'max(contacted.cutoff_at)') }} as recency_days,
        {{ elapsed_days('min(orders.ordered_at)', 'max(contacted.cutoff_at)') }} as tenure_days,
        count(*) as orders,
        sum(orders.placed_revenue) as revenue
        {%- for place in places %},
        count(*) filter (where channel_places.channel_place = {{ loop.index }})
            as {{ place }}_channel_orders
        {%- endfor %}
    from contacted
    inner join orders
        on contacted.customer_id = orders.customer_id
        and contacted.cutoff_at > orders.ordered_at
    left join channel_places
        on orders.channel = channel_places.channel
    group by contacted.campaign_id, contacted.customer_id

),

channels_summed as (

    select
        customer_id
        {%- for place in places %},
        sum(case when channel_place = {{ loop.index }} then orders else 0 end)
            as {{ place }}_channel_orders
        {%- endfor %}
    from channels
    group by customer_id

),

labels as (

    select * from {{ ref('customer_pivot_labels') }}
    where dimension = 'category'

),

lines_spent as (

    select
        contacted.campaign_id,
        contacted.customer_id,
        products.category_1 as category,
        sum(lines.placed_revenue) as revenue,
        count(*) as lines,
        count(*) filter (where lines.discount > 0) as discounted_lines
    from contacted
    inner join {{ ref('fct_order_lines') }} as lines
        on contacted.customer_id = lines.customer_id
        and contacted.cutoff_at > lines.ordered_at
    inner join {{ ref('dim_products') }} as products
        on lines.product_id = products.product_id
    where lines.is_placed
    group by contacted.campaign_id, contacted.customer_id, products.category_1

    union all

    select
        contacted.campaign_id,
        contacted.customer_id,
        spend.category,
        spend.revenue,
        cast(null as bigint) as lines,
        cast(null as bigint) as discounted_lines
    from contacted
    inner join totals
        on contacted.customer_id = totals.customer_id
    inner join {{ ref('int_customer_category_spend_validated') }} as spend
        on contacted.customer_id = spend.customer_id
    where contacted.is_current
        and spend.decision = 'accepted'
        and spend.revenue > 0

),

spent as (

    select
        lines_spent.campaign_id,
        lines_spent.customer_id,
        count(lines_spent.category) as categories,
        {{ ratio('max(lines_spent.revenue)', 'sum(lines_spent.revenue)') }}
            as favourite_category_share,
        {{ ratio('sum(lines_spent.discounted_lines)', 'sum(lines_spent.lines)') }}
            as discounted_share
        {%- for place in category_places %},
        coalesce(
            sum(lines_spent.revenue) filter (where labels.place = {{ place }}), 0
        ) as category_{{ place }}_spend
        {%- endfor %}
    from lines_spent
    left join labels
        on lines_spent.category = labels.member
    group by lines_spent.campaign_id, lines_spent.customer_id

),

visited as (

    select
        contacted.campaign_id,
        contacted.customer_id,
        {{ ratio('sum(site_activity.visits)', 'count(site_activity.visits)') }} as visits
    from contacted
    inner join {{ ref('int_site_activity_validated') }} as site_activity
        on contacted.customer_id = site_activity.customer_id
        and site_activity.period_start
            >= date_trunc('month', contacted.cutoff_at) - interval '2 months'
        and site_activity.period_start + interval '1 month' <= contacted.cutoff_at
    where site_activity.decision = 'accepted'
    group by contacted.campaign_id, contacted.customer_id

),

-- Customers with the same profile and totals are kept in one fold of a
-- cross-validation, else one would predict the other.
twins as (

    select
        customers.customer_id,
        case
            when customers.registered_at is not null and totals.revenue is not null
                then min(customers.customer_id) over (
                    partition by
                        customers.registered_at, customers.birth_year, customers.income,
                        customers.education, customers.children,
                        totals.recency_days, totals.orders, totals.revenue
                )
            else customers.customer_id
        end as first_twin
    from customers
    left join totals
        on customers.customer_id = totals.customer_id

),

joined as (

    select
        contacted.*,
        twins.first_twin,
        customers.education,
        customers.marital_status,
        customers.gender,
        coalesce(responded.campaigns_before, 0) as campaigns_before,
        coalesce(responded.responses_before, 0) as responses_before,
        {%- for lag in lags %}
        responded.responded_{{ lag }},
        {%- endfor %}
        {%- for measure in ['recency_days', 'orders', 'revenue'] %}
        coalesce(ordered.{{ measure }}, totals.{{ measure }}) as {{ measure }},
        {%- endfor %}
        coalesce(
            case when customers.registered_at < contacted.cutoff_at
                then {{ elapsed_days('customers.registered_at', 'contacted.cutoff_at') }} end,
            ordered.tenure_days,
            totals.tenure_days
        ) as tenure_days,
        spent.categories,
        spent.favourite_category_share,
        coalesce(
            spent.discounted_share,
            case when contacted.is_current then customers.promo_share end
        ) as discounted_share,
        {%- for place in category_places %}
        spent.category_{{ place }}_spend,
        {%- endfor %}
        {%- for place in places %}
        coalesce(
            ordered.{{ place }}_channel_orders,
            case when totals.customer_id is not null
                then channels_summed.{{ place }}_channel_orders end
        ) as {{ place }}_channel_orders,
        {%- endfor %}
        visited.visits,
        customers.age_years,
        customers.income,
        customers.children
    from contacted
    inner join customers
        on contacted.customer_id = customers.customer_id
    inner join twins
        on contacted.customer_id = twins.customer_id
    left join responded
        on contacted.campaign_id = responded.campaign_id
        and contacted.customer_id = responded.customer_id
    left join ordered
        on contacted.campaign_id = ordered.campaign_id
        and contacted.customer_id = ordered.customer_id
    left join totals
        on contacted.customer_id = totals.customer_id
        and contacted.is_current
    left join channels_summed
        on totals.customer_id = channels_summed.customer_id
    left join spent
        on contacted.campaign_id = spent.campaign_id
        and contacted.customer_id = spent.customer_id
    left join visited
        on contacted.campaign_id = visited.campaign_id
        and contacted.customer_id = visited.customer_id

)

select
    case
        when has_responded is null then campaign_id || '|' || customer_id
        else first_twin
    end as row_key,
    campaign_id,
    customer_id,
    education,
    marital_status,
    gender,
    {%- for feature in [
        'recency_days', 'orders', 'revenue', 'tenure_days',
    ] %}
    cast({{ feature }} as double) as {{ feature }},
    {%- endfor %}
    {{ ratio('revenue', 'orders') }} as average_order_value,
    {{ ratio('orders', 'tenure_days') }} as order_rate,
    cast(categories as double) as categories,
    favourite_category_share,
    cast(discounted_share as double) as discounted_share,
    {%- for place in category_places %}
    cast(category_{{ place }}_spend as double) as category_{{ place }}_spend,
    {%- endfor %}
    {%- for place in places %}
    cast({{ place }}_channel_orders as double) as {{ place }}_channel_orders,
    {%- endfor %}
    visits,
    cast(age_years as double) as age_years,
    cast(income as double) as income,
    cast(children as double) as children,
    cast(campaigns_before as double) as campaigns_before,
    cast(responses_before as double) as responses_before,
    coalesce({{ ratio('responses_before', 'campaigns_before') }}, 0) as response_rate,
    {%- for lag in lags %}
    cast(responded_{{ lag }} as double) as responded_{{ lag }},
    {%- endfor %}
    has_responded,
    has_responded is null as is_planned,
    cutoff_at
from joined
