{% set periods = {'month': '1 month', 'week': '7 days', 'day': '1 day'} -%}
with

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_modelled

),

sales as (

    select * from {{ ref('sales_by_member') }}

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
    from sales

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
    cast(lines as bigint) as lines,
    cast(units as decimal(18, 3)) as units,
    customers,
    cast(returns_amount as decimal(18, 4)) as returns_amount,
    {{ ratio('revenue', 'orders') }} as average_order_value,
    {{ ratio('gross_margin', 'orders') }} as margin_per_order,
    {{ ratio('lines', 'orders') }} as lines_per_order,
    {{ ratio('gross_margin', 'customers') }} as margin_per_customer,
    cast(previous_revenue as decimal(18, 4)) as previous_revenue,
    {{ ratio('revenue - previous_revenue', 'previous_revenue') }} as previous_change,
    cast(year_ago_revenue as decimal(18, 4)) as year_ago_revenue,
    {{ ratio('revenue - year_ago_revenue', 'year_ago_revenue') }} as year_change,
    cast(period_start_date as date) as period_start_date
from compared
