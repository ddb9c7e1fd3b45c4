-- In each regime one method is chosen; every measure is a share; more offers never hit less; and
-- no chosen method has a lower mean average precision at 5 than popularity on the validation
-- period.
with

evaluations as (

    select * from {{ ref('recommendation_evaluations') }}

),

faults as (

    select
        regime,
        method,
        'not a share' as fault
    from evaluations
    where least(
        offered_share, hit_rate, precision_at_k, recall_at_k, mean_average_precision, coverage,
        popularity
    ) < 0
        or greatest(
            offered_share, hit_rate, precision_at_k, recall_at_k, mean_average_precision,
            coverage, popularity
        ) > 1

    union all

    select
        fewer.regime,
        fewer.method,
        'more offers hit less' as fault
    from evaluations as fewer
    inner join evaluations as more
        on fewer.period = more.period
        and fewer.regime = more.regime
        and fewer.method = more.method
        and fewer.k < more.k
    where fewer.hit_rate > more.hit_rate
        or fewer.recall_at_k > more.recall_at_k + 1e-9

    union all

    select
        regime,
        method,
        'chosen behind popularity' as fault
    from evaluations
    where is_chosen
        and period = 'validation'
        and k = 5
        and gain < 0

    union all

    select
        regime,
        'any' as method,
        'not one chosen' as fault
    from evaluations
    group by regime
    having count(distinct method) filter (where is_chosen) <> 1

)

select * from faults
