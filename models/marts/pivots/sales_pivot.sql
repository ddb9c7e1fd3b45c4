-- One pass over the lines for all dimensions: the lines are grouped by each
-- dimension alone, and a dimension that the dataset does not have is left out.
with

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_modelled

),

products as (

    select * from {{ ref('dim_products') }}

),

{% set dimensions = [
    'month', 'week', 'day', 'weekday', 'hour',
    'category_1', 'category_2', 'category_3', 'product',
    'country', 'region', 'city', 'geography',
    'channel', 'delivery_method', 'payment_method',
] -%}
{% set periods = {'month': '1 month', 'week': '7 days', 'day': '1 day'} -%}
labelled as (

    select
        order_lines.order_id,
        order_lines.customer_id,
        {{ month_label('order_lines.ordered_at') }} as month,
        {{ week_label('order_lines.ordered_at') }} as week,
        {{ day_label('order_lines.ordered_at') }} as day,
        {{ weekday_label('order_lines.ordered_at') }} as weekday,
        {{ hour_label('order_lines.ordered_at') }} as hour,
        products.category_1,
        products.category_2,
        products.category_3,
        order_lines.product_id as product,
        order_lines.country,
        order_lines.region,
        order_lines.city,
        nullif(concat_ws(
            ' / ', order_lines.country, order_lines.region, order_lines.city
        ), '') as geography,
        order_lines.channel,
        order_lines.delivery_method,
        order_lines.payment_method,
        order_lines.placed_units,
        order_lines.placed_revenue,
        order_lines.placed_margin,
        order_lines.bought_units,
        order_lines.bought_revenue,
        order_lines.bought_margin,
        order_lines.refund,
        order_lines.is_placed,
        order_lines.is_bought
    from order_lines
    inner join products
        on order_lines.product_id = products.product_id

),

grouped as (

    select
        case
            {%- for dimension in dimensions %}
            when grouping({{ dimension }}) = 0 then '{{ dimension }}'
            {%- endfor %}
        end as dimension,
        coalesce({{ dimensions | join(', ') }}) as member,
        {%- for basis in ['placed', 'bought'] %}
        count(*) filter (where is_{{ basis }}) as {{ basis }}_lines,
        count(distinct order_id) filter (where is_{{ basis }}) as {{ basis }}_orders,
        count(distinct customer_id) filter (where is_{{ basis }})
            as {{ basis }}_customers,
        sum({{ basis }}_units) as {{ basis }}_units,
        sum({{ basis }}_revenue) as {{ basis }}_revenue,
        sum({{ basis }}_margin) as {{ basis }}_margin,
        sum({{ basis }}_revenue) filter (where {{ basis }}_margin is not null)
            as {{ basis }}_revenue_of_known_margin,
        {%- endfor %}
        sum(refund) as returns_amount
    from labelled
    group by grouping sets ( -- noqa: PRS
        {%- for dimension in dimensions %}
        ({{ dimension }}){{ ',' if not loop.last }}
        {%- endfor %}
    )

),

had as (

    select
        *,
        count(member) over (partition by dimension) > 0 as is_dimension_had
    from grouped

),

based as (

    {% for basis in ['placed', 'bought'] -%}
    select
        '{{ basis }}' as basis,
        dimension,
        coalesce(member, 'unknown') as member,
        {{ basis }}_revenue as revenue,
        {{ basis }}_margin as gross_margin,
        {{ basis }}_revenue_of_known_margin as revenue_of_known_margin,
        {{ basis }}_orders as orders,
        {{ basis }}_lines as lines,
        {{ basis }}_units as units,
        {{ basis }}_customers as customers,
        returns_amount
    from had
    where is_dimension_had
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

-- Which periods are whole: a month half past says nothing of a change.
ends as (

    select
        date_trunc('day', min(ordered_at)) as first_day,
        {{ as_of_date() }} as as_of_date
    from order_lines

),

started as (

    select
        *,
        case dimension
            when 'month' then cast(member || '-01' as date)
            when 'week' then cast(member as date)
            when 'day' then cast(member as date)
        end as period_start_date
    from based
    where orders > 0
        or returns_amount <> 0

),

dated as (

    select
        started.*,
        {% for shift in ['previous', 'year_ago'] -%}
        case started.dimension
            {%- for dimension, period in periods.items() %}
            when '{{ dimension }}' then started.period_start_date - interval '
                {{- period if shift == 'previous'
                    else '12 months' if dimension == 'month' else '364 days' -}}
            '
            {%- endfor %}
        end as {{ shift }}_start,
        {% endfor -%}
        case started.dimension
            {%- for dimension, period in periods.items() %}
            when '{{ dimension }}' then started.period_start_date + interval '{{ period }}'
            {%- endfor %}
        end <= ends.as_of_date and started.period_start_date >= ends.first_day
            as is_whole_period,
        ends.first_day
    from started
    cross join ends

),

-- A whole period without sales has no row; it counts as zero.
compared as (

    select
        dated.*,
        {% for shift in ['previous', 'year_ago'] -%}
        case
            when dated.is_whole_period
                and dated.{{ shift }}_start >= dated.first_day
                then coalesce({{ shift }}.revenue, 0)
        end as {{ shift }}_revenue
        {{- ',' if not loop.last }}
        {% endfor -%}
    from dated
    {%- for shift in ['previous', 'year_ago'] %}
    left join started as {{ shift }}
        on dated.basis = {{ shift }}.basis
        and dated.dimension = {{ shift }}.dimension
        and dated.{{ shift }}_start = {{ shift }}.period_start_date
    {%- endfor %}

)

select
    basis,
    dimension,
    member,
    cast(revenue as decimal(18, 4)) as revenue,
    cast(gross_margin as decimal(18, 4)) as gross_margin,
    {{ ratio('gross_margin', 'revenue_of_known_margin') }} as margin_share,
    orders,
    lines,
    cast(units as decimal(18, 3)) as units,
    customers,
    cast(returns_amount as decimal(18, 4)) as returns_amount,
    {{ ratio('revenue', 'orders') }} as mean_order_value,
    {{ ratio('gross_margin', 'orders') }} as margin_per_order,
    {{ ratio('lines', 'orders') }} as lines_per_order,
    {{ ratio('gross_margin', 'customers') }} as margin_per_customer,
    cast(previous_revenue as decimal(18, 4)) as previous_revenue,
    {{ ratio('revenue - previous_revenue', 'previous_revenue') }} as previous_change,
    cast(year_ago_revenue as decimal(18, 4)) as year_ago_revenue,
    {{ ratio('revenue - year_ago_revenue', 'year_ago_revenue') }} as year_change,
    cast(period_start_date as date) as period_start_date
from compared
