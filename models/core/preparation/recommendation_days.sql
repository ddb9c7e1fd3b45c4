-- Rules and tests may stand as an earlier run made them; what is offered is as of now.
with

orders as (

    select max({{ epoch_seconds('ordered_at') }}) as last_seconds
    from {{ ref('fct_orders') }}
    where is_bought

),

periods as (

    select * from {{ ref('order_periods') }}

)

select
    case when periods.is_split then periods.mining_until_seconds end as validation_seconds,
    case when periods.is_split then periods.validation_until_seconds end as evaluation_seconds,
    orders.last_seconds as current_seconds
from orders
cross join periods
where orders.last_seconds is not null
