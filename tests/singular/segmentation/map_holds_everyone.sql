-- The plane of the principal components holds every customer or, where nothing
-- varies, nobody; a unit's hits on a map are customers, all of them.
with

customers as (

    select count(*) as customers
    from {{ ref('cluster_features') }}

),

plane as (

    select
        'plane' as place,
        count(*) as customers
    from {{ ref('customer_map') }}
    where projection = 'pca'

),

maps as (

    select
        method || ' ' || feature as place,
        sum(hits) as customers
    from {{ ref('som_map_units') }}
    group by method, feature

),

places as (

    select * from plane
    where customers > 0

    union all

    select * from maps

)

select
    places.place,
    places.customers,
    customers.customers as all_customers
from places
cross join customers
where places.customers <> customers.customers
