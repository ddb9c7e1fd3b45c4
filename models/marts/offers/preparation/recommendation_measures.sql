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
            partition by method, customer_id
            order by place
            rows between unbounded preceding and current row
        ) as hits_so_far
    from tests

),

by_customer as (

    select
        methods.method,
        methods.k,
        counted.customer_id,
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
        on methods.method = counted.method
    group by methods.method, methods.k, counted.customer_id

),

compared as (

    select
        by_customer.*,
        by_customer.average_precision - popularity.average_precision as gain
    from by_customer
    inner join by_customer as popularity
        on by_customer.customer_id = popularity.customer_id
        and by_customer.k = popularity.k
        and popularity.method = 'popularity'

)

select
    method,
    k,
    count(*) as customers,
    {{ ratio('count(*) filter (where offered > 0)', 'count(*)') }} as offered_share,
    {{ ratio('count(*) filter (where hits > 0)', 'count(*)') }} as hit_rate,
    {{ ratio('sum(hits)', 'count(*) * k') }} as precision_at_k,
    cast(
        sum(cast(cast(hits as decimal(18, 9)) / wanted as decimal(18, 9))) / count(*)
        as double
    ) as recall_at_k,
    {{ ratio('sum(average_precision)', 'count(*)') }} as mean_average_precision,
    {{ ratio('sum(gain)', 'count(*)') }} as gain,
    {{ standard_deviation('gain') }} / sqrt(count(*)) as gain_se
from compared
group by method, k
