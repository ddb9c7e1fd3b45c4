-- Each method against each simpler one, by the same customers.
with

precisions as (

    select * from {{ ref('recommendation_precisions') }}

),

paired as (

    select
        precisions.period,
        precisions.regime,
        precisions.k,
        precisions.method,
        simpler.method as simpler_method,
        precisions.average_precision - simpler.average_precision as gain,
        cast(precisions.hits > 0 as integer) - cast(simpler.hits > 0 as integer)
            as hit_rate_gain,
        cast(
            cast(precisions.hits - simpler.hits as decimal(18, 9)) / precisions.wanted
            as decimal(18, 9)
        ) as recall_gain
    from precisions
    inner join precisions as simpler
        on precisions.period = simpler.period
        and precisions.regime = simpler.regime
        and precisions.k = simpler.k
        and precisions.customer_id = simpler.customer_id
        and precisions.simplicity > simpler.simplicity

)

select
    period,
    regime,
    method,
    simpler_method,
    cast(k as bigint) as k,
    count(*) as customers,
    {%- for gain in ['gain', 'hit_rate_gain', 'recall_gain'] %}
    {{ ratio('sum(' ~ gain ~ ')', 'count(*)') }} as {{ gain }},
    {{ standard_deviation(gain) }} / sqrt(count(*)) as {{ gain }}_se
    {{- ',' if not loop.last }}
    {%- endfor %}
from paired
group by period, regime, method, simpler_method, k
