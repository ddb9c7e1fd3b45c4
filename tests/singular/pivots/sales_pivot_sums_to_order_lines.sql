-- Each dimension, on each basis, holds all sales: its members sum to the total
-- of the lines in every measure that adds up.
with

pivot_sums as (

    select
        basis,
        dimension,
        sum(revenue) as revenue,
        sum(gross_margin) as gross_margin,
        sum(lines) as lines,
        sum(units) as units,
        sum(returns_amount) as returns_amount
    from {{ ref('sales_pivot') }}
    group by basis, dimension

),

line_sums as (

    {% for basis in ['placed', 'bought'] -%}
    select
        '{{ basis }}' as basis,
        sum({{ basis }}_revenue) as revenue,
        sum({{ basis }}_margin) as gross_margin,
        count(*) filter (where is_{{ basis }}) as lines,
        sum({{ basis }}_units) as units,
        sum(refund) as returns_amount
    from {{ ref('fct_order_lines') }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

-- Every line has a moment, so where there are sales there are months.
dimensions as (

    select dimension from pivot_sums

    union

    select 'month' as dimension

)

select
    line_sums.*,
    pivot_sums.*
from line_sums
cross join dimensions
left join pivot_sums
    on line_sums.basis = pivot_sums.basis
    and dimensions.dimension = pivot_sums.dimension
where false
    {%- for measure in ['revenue', 'gross_margin', 'lines', 'units', 'returns_amount'] %}
    or coalesce(pivot_sums.{{ measure }}, 0) <> coalesce(line_sums.{{ measure }}, 0)
    {%- endfor %}
