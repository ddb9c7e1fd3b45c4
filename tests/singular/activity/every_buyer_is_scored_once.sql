-- Everyone who is regular or has ever bought, a regular customer by the one model that was
-- accepted for customers of that kind; where none was, by the overdue rule. Everyone else by the
-- model of lifetime value, or by nothing.
with

current_customers as (

    select customer_id
    from {{ ref('activity_features') }}
    where is_current

    union

    select customer_id
    from {{ ref('clv_customers') }}

    union

    select customer_id
    from {{ ref('customer_totals') }}
    where basis = 'bought'
        and orders > 0

),

scores as (

    select * from {{ ref('activity_scores') }}

),

evaluations as (

    select * from {{ ref('activity_evaluations') }}

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
    scores.customer_id,
    'is scored by another model than the one chosen' as fault
from scores
left join evaluations
    on scores.data_basis = evaluations.data_basis
    and evaluations.is_chosen
where scores.scored_by
    is distinct from case
        when scores.is_regular and evaluations.is_accepted then evaluations.model
        when scores.basis = 'overdue' then 'rule'
        when scores.basis = 'p_alive' then 'lifetime_value'
        else 'none'
    end

union all

select
    cast(null as string) as customer_id,
    'not one model is chosen for ' || data_basis as fault
from evaluations
group by data_basis
having count(*) filter (where is_chosen) <> 1
    or count(*) filter (where is_accepted and not is_chosen) > 0
    or count(*) filter (where is_accepted and model in ('majority', 'none')) > 0
