-- Each method out of time, in three regimes: the validation period chooses, the test period only
-- reports.
with

assortments as (

    select
        case as_of when 'validation' then 'validation' else 'test' end as period,
        count(*) as products
    from {{ ref('recommendation_products') }}
    where as_of <> 'current' and is_offered
    group by as_of

),

periods as (

    select
        case
            when is_split then {{ text('nobody then bought what could have been offered') }}
            else history
        end as history
    from {{ ref('basket_periods') }}

),

methods as (

    select * from {{ ref('recommendation_methods') }}

),

measures as (

    select * from {{ ref('recommendation_measures') }}

),

ranked as (

    select * from {{ ref('recommendation_choices') }}

)

select
    methods.period,
    methods.regime,
    methods.method,
    measures.settings,
    case
        when not ranked.is_tested and ranked.is_chosen
            then {{ text('Chosen untested: {history}.', history='periods.history') }}
        when not ranked.is_tested
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
    coalesce(measures.customers, 0) as customers,
    measures.offered_share,
    measures.hit_rate,
    measures.precision_at_k,
    measures.recall_at_k,
    measures.mean_average_precision,
    measures.standard_error,
    {{ ratio('coalesce(measures.products, 0)', 'assortments.products') }} as coverage,
    measures.popularity,
    measures.diversity,
    measures.gain,
    measures.gain_se,
    ranked.is_chosen
from methods
inner join ranked
    on methods.regime = ranked.regime
    and methods.method = ranked.method
cross join periods
left join assortments
    on methods.period = assortments.period
left join measures
    on methods.period = measures.period
    and methods.regime = measures.regime
    and methods.method = measures.method
    and methods.k = measures.k
