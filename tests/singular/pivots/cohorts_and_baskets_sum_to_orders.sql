-- The cohorts together are all orders of known customers, the basket sizes all
-- orders, on each basis, in each measure that adds up.
with

{% for basis in ['placed', 'bought'] -%}
{{ basis }}_sums as (

    select
        '{{ basis }}' as basis,
        count(*) as orders,
        coalesce(sum({{ basis }}_lines), 0) as lines,
        coalesce(sum({{ basis }}_units), 0) as units,
        coalesce(sum({{ basis }}_revenue), 0) as revenue,
        coalesce(sum({{ basis }}_margin), 0) as gross_margin,
        count(customer_id) as known_orders,
        coalesce(sum({{ basis }}_revenue) filter (where customer_id is not null), 0)
            as known_revenue,
        coalesce(sum({{ basis }}_margin) filter (where customer_id is not null), 0)
            as known_margin
    from {{ ref('fct_orders') }}
    where is_{{ basis }}

),

{% endfor -%}
order_sums as (

    select * from placed_sums

    union all

    select * from bought_sums

),

cohort_sums as (

    select
        basis,
        sum(orders) as orders,
        sum(revenue) as revenue,
        sum(gross_margin) as gross_margin
    from {{ ref('cohort_pivot') }}
    group by basis

),

basket_sums as (

    select
        basis,
        sum(orders) as orders,
        sum(lines) as lines,
        sum(units) as units,
        sum(revenue) as revenue,
        sum(gross_margin) as gross_margin
    from {{ ref('basket_size_pivot') }}
    group by basis

)

select order_sums.*
from order_sums
left join cohort_sums
    on order_sums.basis = cohort_sums.basis
left join basket_sums
    on order_sums.basis = basket_sums.basis
where order_sums.known_orders <> coalesce(cohort_sums.orders, 0)
    or order_sums.known_revenue <> coalesce(cohort_sums.revenue, 0)
    or order_sums.known_margin <> coalesce(cohort_sums.gross_margin, 0)
    {%- for measure in ['orders', 'lines', 'units', 'revenue', 'gross_margin'] %}
    or order_sums.{{ measure }} <> coalesce(basket_sums.{{ measure }}, 0)
    {%- endfor %}
