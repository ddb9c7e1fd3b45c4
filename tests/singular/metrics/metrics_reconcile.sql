-- A metric is what the table that it is made from says: sales by month those of the orders
-- and in all those of sales_pivot and of the customers known from totals alone, the size of
-- the lists that of the catalogue.
with

metrics as (

    select * from {{ ref('metrics') }}

),

-- Zero even where there are none.
totals as (

    select
        coalesce(sum(revenue), 0) as revenue,
        coalesce(sum(margin), 0) as gross_margin
    from {{ ref('customer_totals') }}
    where basis = 'bought'
        and source = 'totals'
        and rfm_skip_reason is null

),

expected as (

    {% for metric, measure in [
        ('revenue', 'sum(bought_revenue)'),
        ('margin', 'sum(bought_margin)'),
        ('orders', 'count(*)'),
        ('customers', 'count(distinct customer_id)'),
    ] -%}
    select
        '{{ metric }}' as metric,
        {{ month_label('ordered_at') }} as month,
        cast({{ measure }} as decimal(18, 4)) as numerator
    from {{ ref('fct_orders') }}
    where is_bought
    group by all

    union all

    {% endfor -%}
    {% for metric in ['revenue', 'gross_margin'] -%}
    select
        '{{ metric | replace("gross_", "") }}' as metric,
        'all' as month,
        coalesce(sum({{ metric }}), 0) + (select totals.{{ metric }} from totals) as numerator
    from {{ ref('sales_pivot') }}
    where basis = 'bought'
        and dimension = 'month'

    union all

    {% endfor -%}
    select
        'list_size' as metric,
        'all' as month,
        cast(sum(members) as decimal(18, 4)) as numerator
    from {{ ref('list_catalog') }}

)

select
    expected.metric,
    expected.month,
    expected.numerator,
    metrics.numerator as found
from expected
left join metrics
    on expected.metric = metrics.metric
    and expected.month = metrics.month
    and metrics.segment = 'all'
where coalesce(expected.numerator, 0) <> coalesce(metrics.numerator, 0)
