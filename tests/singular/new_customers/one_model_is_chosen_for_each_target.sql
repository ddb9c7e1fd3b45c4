-- Three targets by three numbers of orders, each with one choice: the model where
-- it beats its baseline, else that baseline or a guess, else none. A guess is not accepted.
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
        bool_or(is_chosen and model = 'logistic_regression') as is_model_chosen,
        bool_or(beats_baseline) as is_baseline_beaten,
        count(*) filter (
            where is_accepted
                and (not is_chosen or model in ('majority', 'popularity', 'none'))
        ) as wrongly_accepted,
        max(accuracy) filter (where is_baseline) as best_accuracy,
        max(baseline_accuracy) as baseline_accuracy
    from evaluations
    group by target, orders_used

)

select *
from choices
where groups <> 9
    or chosen <> 1
    or wrongly_accepted > 0
    or is_model_chosen <> is_baseline_beaten
    or best_accuracy is distinct from baseline_accuracy
