-- A customer belongs to the month of the first order, in each basis by itself.
with

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_id is not null

),

based as (

    {% for basis in ['placed', 'bought'] -%}
    select
        '{{ basis }}' as basis,
        customer_id,
        {{ basis }}_revenue as revenue,
        {{ basis }}_margin as margin,
        date_trunc('month', ordered_at) as month_start,
        date_trunc('month', min(ordered_at) over (partition by customer_id))
            as cohort_start
    from orders
    where is_{{ basis }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

grouped as (

    select
        basis,
        {{ month_label('cohort_start') }} as cohort_month,
        {{ dbt.datediff('cohort_start', 'month_start', 'month') }} as months_since,
        count(distinct customer_id) as customers,
        count(*) as orders,
        sum(revenue) as revenue,
        sum(margin) as gross_margin
    from based
    group by basis, cohort_start, month_start

),

sized as (

    select
        *,
        max(customers) filter (where months_since = 0)
            over (partition by basis, cohort_month) as cohort_customers
    from grouped

)

select
    basis,
    cohort_month,
    months_since,
    cohort_customers,
    customers,
    orders,
    cast(revenue as decimal(18, 4)) as revenue,
    cast(gross_margin as decimal(18, 4)) as gross_margin,
    {{ ratio('customers', 'cohort_customers') }} as retention
from sized
