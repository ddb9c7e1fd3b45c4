-- Each method on the test period, out of time. The one with the highest mean
-- average precision at 5 is chosen, if it is ahead of popularity by more than chance:
-- by more standard errors than the luckiest of the four methods reaches in five of a
-- hundred shops without any truth (normal, Bonferroni: one in eighty), on enough
-- customers for that to be known.
{% set chance_factor = 2.2414 -%}
{% set least_customers = 30 -%}
with

tests as (

    select * from {{ ref('recommendation_tests') }}

),

assortments as (

    select count(*) as products
    from {{ ref('recommendation_products') }}
    where as_of = 'evaluation'
        and is_offered

),

periods as (

    select * from {{ ref('basket_periods') }}

),

-- Of equal methods the simplest is taken.
methods as (

    select
        known.method,
        known.simplicity,
        cuts.k
    from (values
        ('popularity', 1),
        ('segment', 2),
        ('cosine', 3),
        ('rules', 4),
        ('rules_then_segment', 5)
    ) as known (method, simplicity)
    cross join (values (1), (5), (10)) as cuts (k)

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

),

measured as (

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

),

validated as (

    select
        *,
        customers >= {{ least_customers }} and gain > {{ chance_factor }} * gain_se
            as is_ahead
    from measured

),

covered as (

    select
        methods.method,
        methods.k,
        count(distinct tests.product_id) as products
    from methods
    inner join tests
        on methods.method = tests.method
        and tests.place between 1 and methods.k
    group by methods.method, methods.k

),

ranked as (

    select
        methods.method,
        row_number() over (
            order by
                coalesce(measured.is_ahead, false) desc,
                case when measured.is_ahead
                    then measured.mean_average_precision end desc nulls last,
                case when measured.customers > 0 then methods.simplicity end,
                methods.simplicity desc
        ) = 1 as is_chosen
    from methods
    left join validated as measured
        on methods.method = measured.method
        and methods.k = measured.k
    where methods.k = 5

)

select
    methods.method,
    case
        when measured.customers is null and ranked.is_chosen
            then {{ text('Chosen untested: {history}.', history='periods.history') }}
        when measured.customers is null
            then {{ text('Not tested: {history}.', history='periods.history') }}
        when ranked.is_chosen and methods.method = 'popularity'
            then {{ text('Chosen: no other method is ahead of it by more than chance.') }}
        when ranked.is_chosen
            then {{ text(
                'Chosen: the highest mean average precision at 5 of those ahead of '
                ~ 'popularity by more than chance.'
            ) }}
        when methods.method = 'popularity' then {{ text('Not chosen: the baseline.') }}
        else {{ text(
            'Not chosen: another method is better, or this one no better than popularity.'
        ) }}
    end as reason,
    cast(methods.k as bigint) as k,
    coalesce(measured.customers, 0) as customers,
    measured.offered_share,
    measured.hit_rate,
    measured.precision_at_k,
    measured.recall_at_k,
    measured.mean_average_precision,
    {{ ratio('coalesce(covered.products, 0)', 'assortments.products') }} as coverage,
    measured.gain,
    measured.gain_se,
    ranked.is_chosen
from methods
inner join ranked
    on methods.method = ranked.method
cross join assortments
cross join periods
left join measured
    on methods.method = measured.method
    and methods.k = measured.k
left join covered
    on methods.method = covered.method
    and methods.k = covered.k
