with

tests as (

    select * from {{ ref('recommendation_tests') }}

),

methods as (

    select * from {{ ref('recommendation_methods') }}

),

precisions as (

    select * from {{ ref('recommendation_precisions') }}

),

compared as (

    select
        precisions.*,
        precisions.average_precision - popularity.average_precision as gain
    from precisions
    inner join precisions as popularity
        on precisions.period = popularity.period
        and precisions.regime = popularity.regime
        and precisions.customer_id = popularity.customer_id
        and precisions.k = popularity.k
        and popularity.method = 'popularity'

),

measured as (

    select
        period,
        regime,
        method,
        k,
        max(settings) as settings,
        count(*) as customers,
        {{ ratio('count(*) filter (where offered > 0)', 'count(*)') }} as offered_share,
        {{ ratio('count(*) filter (where hits > 0)', 'count(*)') }} as hit_rate,
        {{ ratio('sum(hits)', 'count(*) * k') }} as precision_at_k,
        cast(
            sum(cast(cast(hits as decimal(18, 9)) / wanted as decimal(18, 9))) / count(*)
            as double
        ) as recall_at_k,
        {{ ratio('sum(average_precision)', 'count(*)') }} as mean_average_precision,
        {{ standard_deviation('average_precision') }} / sqrt(count(*)) as standard_error,
        {{ ratio('sum(gain)', 'count(*)') }} as gain,
        {{ standard_deviation('gain') }} / sqrt(count(*)) as gain_se
    from compared
    group by period, regime, method, k

),

-- What is offered, however good it is.
offered as (

    select
        tests.period,
        tests.regime,
        tests.method,
        methods.k,
        count(distinct tests.product_id) as products,
        {{ ratio('sum(cast(tests.buyer_share as decimal(18, 9)))', 'count(*)') }} as popularity,
        1 - {{ ratio(
            'sum(cast(tests.likeness as decimal(18, 9)))',
            'sum(tests.place - 1) filter (where tests.likeness is not null)'
        ) }} as diversity
    from methods
    inner join tests
        on methods.period = tests.period
        and methods.regime = tests.regime
        and methods.method = tests.method
        and tests.place between 1 and methods.k
    group by tests.period, tests.regime, tests.method, methods.k

)

select
    measured.*,
    coalesce(offered.products, 0) as products,
    offered.popularity,
    offered.diversity
from measured
left join offered
    on measured.period = offered.period
    and measured.regime = offered.regime
    and measured.method = offered.method
    and measured.k = offered.k
