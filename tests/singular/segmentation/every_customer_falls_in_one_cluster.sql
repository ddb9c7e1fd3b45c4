-- Each method's clusters hold every customer, are as many as the method chose
-- unless some are empty, and the smallest is as large as its evaluation says. Kept models
-- were evaluated on the customers of their day.
with

sizes as (

    select
        method,
        cluster,
        count(*) as customers
    from {{ ref('customer_clusters') }}
    group by method, cluster

),

clustered as (

    select
        method,
        sum(customers) as customers,
        min(customers) as smallest,
        count(*) as clusters
    from sizes
    group by method

),

choices as (

    select * from {{ ref('cluster_evaluations') }}
    where is_method_choice
        and customers > 0

),

customers as (

    select count(*) as customers
    from {{ ref('cluster_features') }}

)

select
    choices.method,
    choices.k,
    clustered.clusters,
    clustered.customers,
    clustered.smallest,
    choices.smallest_share
from choices
cross join customers
left join clustered
    on choices.method = clustered.method
where clustered.customers is distinct from customers.customers
    or clustered.clusters > choices.k
    {%- if not reuses_models('segmentation') %}
    or (clustered.clusters < choices.k and choices.smallest_share > 0)
    or (
        clustered.clusters = choices.k
        and abs(clustered.smallest - choices.smallest_share * customers.customers) > 1e-6
    )
    {%- endif %}
