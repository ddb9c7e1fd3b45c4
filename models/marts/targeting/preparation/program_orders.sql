{{ config(materialized='ephemeral') }}
with

windows as (

    select * from {{ ref('program_windows') }}

),

orders as (

    select
        customer_id,
        placed_revenue,
        placed_margin_estimate as placed_margin,
        ordered_at
    from {{ ref('fct_orders') }}
    where is_placed
        and customer_id is not null

),

ordered as (

    select
        windows.period,
        windows.customer_id,
        orders.placed_revenue,
        orders.placed_margin,
        orders.ordered_at >= windows.start_at and orders.ordered_at > windows.entered_at
            as is_in_window
    from windows
    inner join orders
        on windows.customer_id = orders.customer_id
        and windows.pre_start_at <= orders.ordered_at
        and windows.read_until_at > orders.ordered_at

)

select
    period,
    customer_id,
    {%- for prefix, condition in [('', 'is_in_window'), ('pre_', 'not is_in_window')] %}
    max(case when {{ condition }} then 1 else 0 end) as {{ prefix }}purchase,
    sum(placed_revenue) filter (where {{ condition }}) as {{ prefix }}revenue,
    sum(placed_margin) filter (where {{ condition }}) as {{ prefix }}margin
    {{- ',' if not loop.last }}
    {%- endfor %}
from ordered
group by period, customer_id
