-- One number for one question: the customers, orders and revenue of a segment are the
-- same in metrics as in rfm_scores, on the basis of what was bought.
with

scores as (

    select
        segment,
        cast(count(*) as decimal(18, 4)) as customers,
        cast(sum(frequency) as decimal(18, 4)) as orders,
        cast(sum(monetary) as decimal(18, 4)) as revenue
    from {{ ref('rfm_scores') }}
    where basis = 'bought'
    group by segment

),

metrics as (

    select
        segment,
        coalesce(max(numerator) filter (where metric = 'customers'), 0) as customers,
        coalesce(max(numerator) filter (where metric = 'orders'), 0) as orders,
        coalesce(max(numerator) filter (where metric = 'revenue'), 0) as revenue
    from {{ ref('metrics') }}
    where month = 'all'
        and segment not in ('all', 'no segment')
        and metric in ('customers', 'orders', 'revenue')
    group by segment

)

select
    coalesce(scores.segment, metrics.segment) as segment,
    scores.customers,
    metrics.customers as metric_customers,
    scores.orders,
    metrics.orders as metric_orders,
    scores.revenue,
    metrics.revenue as metric_revenue
from scores
full outer join metrics
    on scores.segment = metrics.segment
where scores.customers is distinct from metrics.customers
    or scores.orders is distinct from metrics.orders
    or scores.revenue is distinct from metrics.revenue
