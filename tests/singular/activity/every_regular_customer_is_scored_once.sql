-- By one model, or by the rule; and one model is chosen.
with

current_customers as (

    select customer_id
    from {{ ref('activity_features') }}
    where is_current

),

scores as (

    select * from {{ ref('activity_scores') }}

)

select
    coalesce(current_customers.customer_id, scores.customer_id) as customer_id,
    'is not scored once' as fault
from current_customers
full join scores
    on current_customers.customer_id = scores.customer_id
where current_customers.customer_id is null
    or scores.customer_id is null

union all

select
    cast(null as string) as customer_id,
    'not one model is chosen, or scores come from another' as fault
from {{ ref('activity_evaluations') }}
having count(*) filter (where is_chosen) <> 1
    or max(case when is_chosen then model end)
    <> (
        select max(scores.scored_by)
        from scores
        where scores.scored_by <> 'rule'
    )
    or (select count(distinct scores.scored_by) from scores) > 1
