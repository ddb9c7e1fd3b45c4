-- Each tenth of the buckets holds a tenth of all customers, within five standard
-- deviations, which chance leaves less than once in a hundred thousand datasets.
with

buckets as (

    select {{ hash_bucket("'" ~ project_name ~ "|evenness|'", 'customer_id') }} as bucket
    from {{ ref('dim_customers') }}

),

deciles as (

    select cast(floor(bucket / 1000) as integer) as decile
    from buckets

),

sizes as (

    select
        values_of_ten.decile,
        count(deciles.decile) as customers,
        (select count(*) from buckets) as of_customers
    from (
        values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)
    ) as values_of_ten (decile)
    left join deciles
        on values_of_ten.decile = deciles.decile
    group by values_of_ten.decile

)

select *
from sizes
where abs(customers - of_customers / 10.0) > 5 * sqrt(0.09 * of_customers)

union all

select
    cast(null as integer) as decile,
    count(*) as customers,
    0 as of_customers
from buckets
where bucket < 0
    or bucket > 9999
having count(*) > 0
