-- The customers of the pivot are those with a placed order, and together they
-- ordered and bought what all known customers did.
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
    order_sums.*
from pivot_sums
cross join order_sums
where pivot_sums.customers <> order_sums.customers
    or pivot_sums.last_placed_at is distinct from order_sums.last_placed_at
    {%- for basis in ['placed', 'bought'] %}
    {%- for measure in measures %}
    or pivot_sums.{{ basis }}_{{ measure }} <> order_sums.{{ basis }}_{{ measure }}
    {%- endfor %}
    {%- endfor %}
