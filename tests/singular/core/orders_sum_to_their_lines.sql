-- Every modelled line is in one order, and an order is worth what its lines are.
{% set measures = [
    'placed_units', 'placed_revenue', 'placed_margin', 'placed_margin_estimate',
    'bought_units', 'bought_revenue', 'bought_margin', 'bought_margin_estimate', 'refund',
] -%}
with

line_sums as (

    select
        order_id,
        count(*) as lines,
        count(*) filter (where is_placed) as placed_lines,
        count(*) filter (where is_bought) as bought_lines,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_order_lines') }}
    where is_modelled
        and {{ changed_since_test('order_id') or 'true' }}
    group by order_id

),

orders as (

    select * from {{ ref('fct_orders') }}
    where {{ changed_since_test('order_id') or 'true' }}

)

select
    line_sums.*,
    orders.*
from line_sums
full join orders
    on line_sums.order_id = orders.order_id
where false
    {%- for measure in ['lines', 'placed_lines', 'bought_lines'] + measures %}
    or line_sums.{{ measure }} is distinct from orders.{{ measure }}
    {%- endfor %}
