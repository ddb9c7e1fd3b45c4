-- Three targets by three numbers of orders, each with one choice, of a method that was tried among
-- the latest training customers. It is accepted where it beats the best baseline by two
-- standard errors on at least thirty test customers. A baseline is never accepted.
with

evaluations as (

    select * from {{ ref('new_customer_evaluations') }}

),

choices as (

    select
        target,
        orders_used,
        count(*) over () as groups,
        count(*) filter (where is_chosen) as chosen,
        count(*) filter (
            where is_chosen
                and (is_baseline or (model <> 'none' and validation_reciprocal_rank is null))
        ) as wrongly_chosen,
        count(*) filter (
            where is_accepted <> (
                is_chosen
                and not is_baseline
                and coalesce(gain > 2 * gain_se, false)
                and test_rows >= 30
            )
        ) as wrongly_accepted,
        max(mean_reciprocal_rank) filter (where is_baseline) as best_baseline,
        max(baseline_reciprocal_rank) as baseline
    from evaluations
    group by target, orders_used

)

select *
from choices
where groups <> 9
    or chosen <> 1
    or wrongly_accepted > 0
    or wrongly_chosen > 0
    or best_baseline is distinct from baseline
