-- Its events up to the as-of date make an order what its lines are: in units, revenue and
-- margin, on both bases.
with

order_lines as (

    select * from {{ ref('fct_order_lines') }}
    where is_placed
        and {{ changed_since_test('order_id') or 'true' }}

),

line_sums as (

    {% for basis in ['placed', 'bought'] -%}
    select
        '{{ basis }}' as basis,
        order_id,
        sum({{ basis }}_units) as units,
        sum({{ basis }}_revenue) as revenue,
        coalesce(sum({{ basis }}_margin), 0) as margin
    from order_lines
    group by order_id
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

event_sums as (

    select
        basis,
        order_id,
        sum(units) as units,
        sum(revenue) as revenue,
        coalesce(sum(margin), 0) as margin
    from {{ ref('order_events') }}
    where {{ changed_since_test('order_id') or 'true' }}
    group by basis, order_id

)

select
    line_sums.*,
    event_sums.*
from line_sums
full join event_sums
    on line_sums.basis = event_sums.basis
    and line_sums.order_id = event_sums.order_id
where coalesce(line_sums.units, 0) <> coalesce(event_sums.units, 0)
    or coalesce(line_sums.revenue, 0) <> coalesce(event_sums.revenue, 0)
    or coalesce(line_sums.margin, 0) <> coalesce(event_sums.margin, 0)
