-- Each metric once, for each month and segment and for all of either. The sums add up
-- from orders; what is counted once (customers) or divided (means, rates) does not, so
-- every combination is measured from the orders themselves.
with

segments as (

    select
        customer_id,
        segment
    from {{ ref('rfm_scores') }}
    where basis = 'bought'

),

orders as (

    select * from {{ ref('metric_orders') }}

),

sales as (

    select
        coalesce(month, 'all') as month,
        coalesce(segment, 'all') as segment,
        sum(revenue) as revenue,
        sum(margin) as margin,
        sum(orders) as orders,
        count(distinct customer_id) as customers,
        count(distinct customer_id) filter (where is_repeat) as repeat_customers
    from orders
    group by grouping sets ((), (month), (segment), (month, segment)) -- noqa: PRS
    having count(*) > 0

),

members as (

    select
        {{ month_label(as_of_date()) }} as month,
        coalesce(segments.segment, 'no segment') as segment
    from {{ ref('list_members') }} as members
    left join segments
        on members.customer_id = segments.customer_id

),

list_sizes as (

    select
        coalesce(month, 'all') as month,
        coalesce(segment, 'all') as segment,
        count(*) as members
    from members
    group by grouping sets ((), (month), (segment), (month, segment)) -- noqa: PRS
    having count(*) > 0

),

lifts as (

    select
        {{ month_label('window_start_at') }} as month,
        slice_value as segment,
        treatment_customers,
        cast(difference * treatment_customers as decimal(18, 4)) as added_customers
    from {{ ref('campaign_lift') }}
    where metric = 'purchase'
        and slice in ('all', 'segment')
        and is_read

),

campaigns as (

    select
        coalesce(month, 'all') as month,
        segment,
        sum(added_customers) as added_customers,
        sum(treatment_customers) as treatment_customers
    from lifts
    group by grouping sets ((segment), (month, segment)) -- noqa: PRS
    having count(*) > 0

),

definitions as (

    select * from {{ ref('metric_definitions') }}

),

measured as (

    {% for metric, source, numerator, denominator in [
        ('revenue', 'sales', 'revenue', none),
        ('orders', 'sales', 'orders', none),
        ('customers', 'sales', 'customers', none),
        ('average_order_value', 'sales', 'revenue', 'orders'),
        ('repeat_rate', 'sales', 'repeat_customers', 'customers'),
        ('margin', 'sales', 'margin', none),
        ('list_size', 'list_sizes', 'members', none),
        ('lift', 'campaigns', 'added_customers', 'treatment_customers'),
    ] -%}
    select
        '{{ metric }}' as metric,
        month,
        segment,
        cast({{ numerator }} as decimal(18, 4)) as numerator,
        cast({{ denominator or 'null' }} as decimal(18, 4)) as denominator,
        {% if denominator -%}
        {{ ratio(numerator, denominator) }} as value
        {%- else -%}
        cast({{ numerator }} as double) as value
        {%- endif %}
    from {{ source }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select
    measured.metric,
    measured.month,
    measured.segment,
    definitions.unit,
    measured.value,
    measured.numerator,
    measured.denominator,
    definitions.is_additive,
    cast(case
        when measured.month not in ('all', 'undated') then measured.month || '-01'
    end as date) as month_start_date
from measured
inner join definitions
    on measured.metric = definitions.metric
where measured.value is not null
