-- What was bought, an order a row, by the segment of its customer. A customer who is
-- known from totals alone is one row of several orders, which belong to no month.
with

segments as (

    select
        customer_id,
        segment
    from {{ ref('rfm_scores') }}
    where basis = 'bought'

),

orders as (

    select * from {{ ref('fct_orders') }}
    where is_bought

),

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'
        and source = 'totals'
        and rfm_skip_reason is null

),

together as (

    select
        customer_id,
        {{ month_label('ordered_at') }} as month,
        1 as orders,
        row_number() over (
            partition by customer_id
            order by ordered_at, order_id
        ) as order_number,
        bought_revenue as revenue,
        bought_margin as margin,
        cast(date_trunc('month', ordered_at) as date) as month_start_date
    from orders

    union all

    select
        customer_id,
        'undated' as month,
        orders,
        orders as order_number,
        revenue,
        margin,
        cast(null as date) as month_start_date
    from totals

)

select
    together.customer_id,
    coalesce(segments.segment, 'no segment') as segment,
    together.month,
    together.orders,
    together.revenue,
    together.margin,
    together.order_number > 1 as is_repeat,
    together.customer_id is not null
        and (together.order_number = 1 or together.month = 'undated') as is_new,
    together.month_start_date
from together
left join segments
    on together.customer_id = segments.customer_id
