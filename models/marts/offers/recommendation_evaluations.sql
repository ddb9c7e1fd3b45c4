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
    where as_of = 'evaluation' and is_offered

),

periods as (

    select * from {{ ref('basket_periods') }}

),

methods as (

    select * from {{ ref('recommendation_methods') }}

),

compared as (

    select
        *,
        customers >= {{ least_customers }} and gain > {{ chance_factor }} * gain_se
            as is_ahead
    from {{ ref('recommendation_measures') }}

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
    left join compared as measured
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
left join compared as measured
    on methods.method = measured.method
    and methods.k = measured.k
left join covered
    on methods.method = covered.method
    and methods.k = covered.k
