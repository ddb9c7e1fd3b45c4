-- Asked by what is measured and by what is compared.
{{ config(materialized='table_in_place') }}
with

tests as (

    select * from {{ ref('recommendation_tests') }}

),

methods as (

    select * from {{ ref('recommendation_methods') }}

),

counted as (

    select
        *,
        sum(case when is_hit then 1 else 0 end) over (
            partition by period, regime, method, customer_id
            order by place
            rows between unbounded preceding and current row
        ) as hits_so_far
    from tests

)

select
    methods.period,
    methods.regime,
    methods.method,
    methods.simplicity,
    methods.k,
    counted.customer_id,
    max(counted.settings) as settings,
    max(counted.wanted) as wanted,
    count(*) filter (where counted.place between 1 and methods.k) as offered,
    count(*) filter (where counted.is_hit and counted.place <= methods.k) as hits,
    cast(
        sum(case
            when counted.is_hit and counted.place <= methods.k
                then cast(counted.hits_so_far as decimal(18, 9)) / counted.place
            else 0
        end) / least(methods.k, max(counted.wanted))
        as decimal(18, 9)
    ) as average_precision
from methods
inner join counted
    on methods.period = counted.period
    and methods.regime = counted.regime
    and methods.method = counted.method
group by
    methods.period,
    methods.regime,
    methods.method,
    methods.simplicity,
    methods.k,
    counted.customer_id
