-- What is at risk is what an active customer would bring less what is expected, never below
-- nothing and never above the whole, of each customer and of all; and what is expected is what
-- lifetime value says, or where there are no orders what totals record.
with

customers as (

    select * from {{ ref('activity_values') }}

),

lifetimes as (

    select * from {{ ref('clv_customers') }}

)

select
    customers.customer_id,
    'is not the margin expected of the customer' as fault
from customers
left join lifetimes
    on customers.customer_id = lifetimes.customer_id
where customers.value_method is distinct from 'recorded'
    and (
        (customers.expected_margin is null) <> (lifetimes.margin_365_days is null)
        or abs(customers.expected_margin - greatest(lifetimes.margin_365_days, 0)) > 1e-3
    )

union all

select
    customer_id,
    'is not within the value' as fault
from customers
where not coalesce(value_at_risk between 0 and customer_value, customer_value is null)
    or value_at_risk is distinct from case
        when customer_value is not null then customer_value - expected_margin
    end
    or customer_value > expected_margin / {{ var('activity_least_remaining') }} + 1e-3

union all

select
    cast(null as string) as customer_id,
    'all together is not within the value' as fault
from customers
having not coalesce(sum(value_at_risk) between 0 and sum(customer_value), true)
