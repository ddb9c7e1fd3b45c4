-- A method's clusters together are all customers and all revenue.
with

summaries as (

    select
        method,
        sum(customers) as customers,
        sum(revenue) as revenue
    from {{ ref('cluster_summaries') }}
    group by method

),

everyone as (

    select
        count(*) as customers,
        sum(value) as revenue
    from {{ ref('cluster_feature_values') }}
    where feature = 'monetary'

)

select
    summaries.method,
    summaries.customers,
    everyone.customers as all_customers,
    summaries.revenue,
    everyone.revenue as all_revenue
from summaries
cross join everyone
where summaries.customers <> everyone.customers
    or abs(summaries.revenue - everyone.revenue) > 0.01
