-- Where no method beats its baseline, nobody is predicted: that most become this or that is
-- no prediction of anybody.
with

current_customers as (

    select
        customer_id,
        orders_used
    from {{ ref('new_customer_features') }}
    where is_current

),

evaluations as (

    select * from {{ ref('new_customer_evaluations') }}
    where is_chosen

),

scores as (

    select * from {{ ref('ml_new_customer_predictions') }}

)

select
    current_customers.customer_id,
    evaluations.target,
    {%- for rank in ['prediction', 'second_prediction', 'third_prediction'] %}
    case when evaluations.is_accepted then scores.{{ rank }} end as {{ rank }},
    {%- endfor %}
    evaluations.model,
    case
        when not evaluations.is_accepted then 'none'
        when evaluations.model = 'spent_so_far' then 'rule'
        else 'model'
    end as basis,
    evaluations.reason,
    current_customers.orders_used,
    case when evaluations.is_accepted
        then {{ null_if_nan('scores.probability') }} end as probability,
    evaluations.beats_baseline
from current_customers
inner join evaluations
    on current_customers.orders_used = evaluations.orders_used
left join scores
    on current_customers.customer_id = scores.customer_id
    and evaluations.target = scores.target
    and evaluations.model = scores.model
