-- A naive sum is right: over all months and segments, over the months of a segment and
-- over the segments of a month.
with

sums as (

    select
        coalesce(month, 'all') as month,
        coalesce(segment, 'all') as segment,
        sum(revenue) as revenue,
        sum(margin) as margin,
        sum(orders) as orders,
        sum(new_customers) as customers,
        sum(list_members) as list_size
    from {{ ref('monthly_metrics') }}
    group by grouping sets ((), (month), (segment), (month, segment)) -- noqa: PRS
    having count(*) > 0

),

-- New customers of a month are not the customers of that month, but those of all are.
measured as (

    {% for metric in ['revenue', 'margin', 'orders', 'customers', 'list_size'] -%}
    select
        '{{ metric }}' as metric,
        month,
        segment,
        cast({{ metric }} as decimal(18, 4)) as summed
    from sums
    {%- if metric == 'customers' %}
    where month = 'all'
    {%- endif %}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

metrics as (

    select * from {{ ref('metrics') }}
    where metric in ('revenue', 'margin', 'orders', 'customers', 'list_size')
        and (metric <> 'customers' or month = 'all')

)

select
    measured.metric,
    measured.month,
    measured.segment,
    measured.summed,
    metrics.numerator
from measured
full outer join metrics
    on measured.metric = metrics.metric
    and measured.month = metrics.month
    and measured.segment = metrics.segment
-- Where there is nothing of it the table metrics has no row.
where coalesce(measured.summed, 0) <> coalesce(metrics.numerator, 0)
