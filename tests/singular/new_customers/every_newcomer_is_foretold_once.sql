-- Each current newcomer has one row for each target, by the model that is chosen for so
-- many receipts, and a prediction where that is accepted.
with

newcomers as (

    select
        features.customer_id,
        evaluations.target,
        evaluations.model,
        evaluations.is_accepted
    from {{ ref('new_customer_features') }} as features
    inner join {{ ref('new_customer_evaluations') }} as evaluations
        on features.receipts_used = evaluations.receipts_used
    where features.is_current
        and evaluations.is_chosen

),

predictions as (

    select
        customer_id,
        target,
        model,
        prediction is not null as is_foretold
    from {{ ref('new_customer_predictions') }}

)

select
    newcomers.*,
    predictions.*
from newcomers
full join predictions
    on newcomers.customer_id = predictions.customer_id
    and newcomers.target = predictions.target
where newcomers.model is distinct from predictions.model
    or newcomers.is_accepted is distinct from predictions.is_foretold
