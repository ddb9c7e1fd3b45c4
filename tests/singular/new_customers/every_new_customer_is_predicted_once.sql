-- Each current new customer has one row for each target, by the model that is chosen for so
-- many orders, and a prediction where that is accepted.
with

new_customers as (

    select
        features.customer_id,
        evaluations.target,
        evaluations.model,
        evaluations.is_accepted
    from {{ ref('new_customer_features') }} as features
    inner join {{ ref('new_customer_evaluations') }} as evaluations
        on features.orders_used = evaluations.orders_used
    where features.is_current
        and evaluations.is_chosen

),

predictions as (

    select
        customer_id,
        target,
        model,
        prediction is not null as is_predicted
    from {{ ref('new_customer_predictions') }}

)

select
    new_customers.*,
    predictions.*
from new_customers
full join predictions
    on new_customers.customer_id = predictions.customer_id
    and new_customers.target = predictions.target
where new_customers.model is distinct from predictions.model
    or new_customers.is_accepted is distinct from predictions.is_predicted
