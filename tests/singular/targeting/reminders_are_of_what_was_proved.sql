-- Who is reminded has the product in a state that was ahead in the validation period, and
-- it is still sold; nobody is reminded where none was.
with

proved as (

    select
        rhythm,
        state
    from {{ ref('replenishment_evaluations') }}
    where period = 'validation'
        and is_ahead
        and customers >= {{ var('replenish_min_customers') }}

)

select
    candidates.customer_id,
    candidates.product_id
from {{ ref('candidates_replenish') }} as candidates
left join {{ ref('replenishment') }} as replenishment
    on candidates.customer_id = replenishment.customer_id
    and candidates.product_id = replenishment.product_id
left join proved
    on replenishment.rhythm = proved.rhythm
    and replenishment.state = proved.state
where proved.state is null
    or not replenishment.is_offered
