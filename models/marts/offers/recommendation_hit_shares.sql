-- How many offers were then bought, by rank of the offer: what a list may rest on. The validation
-- period decides whether that is more than of what is popular; the test period tells how many.
with

counted as (

    select
        period,
        regime,
        method,
        place,
        count(*) as offers,
        count(*) filter (where is_hit) as hits
    from {{ ref('recommendation_tests') }}
    where place > 0
    group by period, regime, method, place

),

-- At any rank: what is popular is bought about as often at each.
popular as (

    select
        period,
        regime,
        sum(offers) as offers,
        {{ ratio('sum(hits)', 'sum(offers)') }} as hit_share
    from counted
    where method = 'popularity'
    group by period, regime

),

compared as (

    select
        counted.*,
        {{ ratio('counted.hits', 'counted.offers') }} as hit_share,
        coalesce(popular.hit_share, 0) as popular_hit_share,
        popular.offers as popular_offers,
        {{ ratio(
            'counted.hits + coalesce(popular.hit_share, 0) * popular.offers',
            'counted.offers + popular.offers'
        ) }} as pooled_share
    from counted
    left join popular
        on counted.period = popular.period
        and counted.regime = popular.regime

)

select
    validated.regime,
    validated.method,
    cast(validated.place as bigint) as place,
    validated.offers as validation_offers,
    validated.hits as validation_hits,
    coalesce(tested.offers, 0) as offers,
    coalesce(tested.hits, 0) as hits,
    tested.hit_share,
    tested.popular_hit_share,
    -- One-sided, five in a hundred.
    coalesce(
        validated.hit_share - validated.popular_hit_share
        > 1.645 * sqrt(
            validated.pooled_share * (1 - validated.pooled_share)
            * (1.0 / validated.offers + 1.0 / validated.popular_offers)
        ),
        false
    ) as is_ahead
from compared as validated
left join compared as tested
    on tested.period = 'test'
    and validated.regime = tested.regime
    and validated.method = tested.method
    and validated.place = tested.place
where validated.period = 'validation'
