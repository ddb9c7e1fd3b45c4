-- The basket that each order belongs to: itself, and all that its customer bought
-- in the same period.
with

orders as (

    select
        *,
        {{ epoch_seconds('ordered_at') }} as ordered_seconds
    from {{ ref('fct_orders') }}
    where is_bought

),

periods as (

    select * from {{ ref('basket_periods') }}

),

basketed as (
    {%- for basis in var('basket_bases') %}

    select
        '{{ basis }}' as basis,
        case
            when orders.ordered_seconds <= periods.mining_until_seconds then 'mining'
            when orders.ordered_seconds <= periods.validation_until_seconds
                then 'validation'
            else 'test'
        end as period,
        orders.order_id,
        orders.{{ basis }}_id as basket_id
    from orders
    cross join periods
    where orders.{{ basis }}_id is not null
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

-- Validation is numbered first, then mining, then test.
select
    basis,
    period,
    order_id,
    basket_id,
    cast(
        dense_rank() over (
            order by basis, period = 'test', period = 'mining', basket_id
        ) as integer
    ) as basket_number
from basketed
