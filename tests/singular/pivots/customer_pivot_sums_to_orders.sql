-- The customers of the pivot are those with a placed order, and together they
-- ordered and bought what all known customers did; those without orders are
-- those whose totals know of an order.
{% set measures = ['orders', 'lines', 'units', 'revenue', 'margin'] -%}
with

pivot_sums as (

    select
        count(*) as customers,
        {%- for basis in ['placed', 'bought'] %}
        {%- for measure in measures %}
        coalesce(sum({{ basis }}_{{ measure }}), 0) as {{ basis }}_{{ measure }},
        {%- endfor %}
        {%- endfor %}
        max(last_placed_at) as last_placed_at
    from {{ ref('customer_pivot') }}
    where source = 'orders'

),

unequal_totals as (

    select count(*) as unequal
    from {{ ref('customer_pivot') }} as reported
    full outer join {{ ref('customer_totals') }} as totals
        on reported.customer_id = totals.customer_id
        and totals.basis = 'bought'
    where (reported.source = 'totals' or (totals.source = 'totals' and totals.orders > 0))
        and coalesce(totals.basis, 'bought') = 'bought'
        and (
            reported.bought_orders is distinct from totals.orders
            or reported.bought_revenue is distinct from totals.revenue
            or reported.placed_orders is distinct from totals.orders
            or reported.placed_revenue is distinct from totals.revenue
        )

),

order_sums as (

    select
        count(distinct customer_id) as customers,
        {%- for basis in ['placed', 'bought'] %}
        count(*) filter (where is_{{ basis }}) as {{ basis }}_orders,
        {%- for measure in measures[1:] %}
        coalesce(sum({{ basis }}_{{ measure }}), 0) as {{ basis }}_{{ measure }},
        {%- endfor %}
        {%- endfor %}
        max(ordered_at) as last_placed_at
    from {{ ref('fct_orders') }}
    where customer_id is not null
        and is_placed

)

select
    pivot_sums.*,
    order_sums.*,
    unequal_totals.unequal
from pivot_sums
cross join order_sums
cross join unequal_totals
where unequal_totals.unequal > 0
    or pivot_sums.customers <> order_sums.customers
    or pivot_sums.last_placed_at is distinct from order_sums.last_placed_at
    {%- for basis in ['placed', 'bought'] %}
    {%- for measure in measures %}
    or pivot_sums.{{ basis }}_{{ measure }} <> order_sums.{{ basis }}_{{ measure }}
    {%- endfor %}
    {%- endfor %}
