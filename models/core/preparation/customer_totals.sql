-- Where orders and aggregates meet: one row per basis and customer with what
-- RFM needs. A customer who has orders is counted from them; one known only
-- from totals counts in both bases. Whoever lacks a figure is named with the
-- reason.
with

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_id is not null

),

aggregates as (

    select * from {{ by_person('customer_totals') }} as customer_totals
    where decision = 'accepted'

),

ordered as (

    {% for basis in ['placed', 'bought'] -%}
    select
        '{{ basis }}' as basis,
        customer_id,
        {{ elapsed_days('max(ordered_at)', as_of_date()) }} as recency_days,
        count(*) as orders,
        sum({{ basis }}_revenue) as revenue,
        sum({{ basis }}_margin) as margin,
        sum({{ basis }}_margin_estimate) as margin_estimate,
        {{ elapsed_days('min(ordered_at)', as_of_date()) }} as tenure_days,
        'orders' as source
    from orders
    where is_{{ basis }}
    group by customer_id
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

totals as (

    select
        bases.basis,
        aggregates.customer_id,
        aggregates.recency_days
            + coalesce(
                {{ elapsed_days('aggregates.as_of_date', as_of_date()) }}, 0
            ) as recency_days,
        aggregates.orders,
        aggregates.revenue,
        aggregates.margin,
        coalesce(
            aggregates.margin, aggregates.revenue * {{ var('assumed_margin_share') }}
        ) as margin_estimate,
        aggregates.tenure_days,
        'totals' as source
    from aggregates
    cross join (values ('placed'), ('bought')) as bases (basis)
    where aggregates.customer_id not in (select orders.customer_id from orders)
        and (
            aggregates.as_of_date is null
            or aggregates.as_of_date <= {{ as_of_date() }}
        )

),

met as (

    select * from ordered

    union all

    select * from totals

)

select
    basis,
    customer_id,
    source,
    case
        when recency_days is null then {{ text('time since the last order is unknown') }}
        when recency_days < 0 then {{ text('the last order is after the as-of date') }}
        when orders is null then {{ text('number of orders is unknown') }}
        when revenue is null then {{ text('spend is unknown') }}
        when orders <= 0 then {{ text('no orders') }}
    end as rfm_skip_reason,
    recency_days,
    cast(orders as bigint) as orders,
    cast(revenue as decimal(18, 4)) as revenue,
    cast(margin as decimal(18, 4)) as margin,
    cast(margin_estimate as decimal(18, 4)) as margin_estimate,
    tenure_days
from met
