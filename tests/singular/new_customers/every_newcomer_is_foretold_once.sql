-- Each current newcomer has one prediction for each target that something could
-- be learned of, by the model that is chosen for so many receipts.
with

newcomers as (

    select
        features.customer_id,
        evaluations.target,
        evaluations.model
    from {{ ref('new_customer_features') }} as features
    inner join {{ ref('new_customer_evaluations') }} as evaluations
        on features.receipts_used = evaluations.receipts_used
    where features.is_current
        and evaluations.is_chosen
        and evaluations.model <> 'none'

),

predictions as (

    select
        customer_id,
        target,
        model
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
