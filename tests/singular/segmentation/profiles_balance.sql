-- Weighted by size, the clusters of a method lie around the mean of all.
select
    method,
    feature,
    sum(customers * z) / sum(customers) as mean_z
from {{ ref('cluster_profiles') }}
group by method, feature
having abs(sum(customers * z)) > 1e-6 * sum(customers)
