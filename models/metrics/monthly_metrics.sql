-- For tools that sum whatever they are given: no totals, and only what adds up.
with

orders as (

    select * from {{ ref('metric_orders') }}

),

segments as (

    select
        customer_id,
        segment
    from {{ ref('rfm_scores') }}
    where basis = 'bought'

),

members as (

    select * from {{ ref('list_members') }}

),

counted as (

    select
        month,
        segment,
        orders,
        case when is_new then 1 else 0 end as new_customers,
        0 as list_members,
        revenue,
        margin,
        month_start_date
    from orders

    union all

    select
        {{ month_label(as_of_date()) }} as month,
        coalesce(segments.segment, 'no segment') as segment,
        0 as orders,
        0 as new_customers,
        1 as list_members,
        0 as revenue,
        cast(null as decimal(18, 4)) as margin,
        cast(date_trunc('month', {{ as_of_date() }}) as date) as month_start_date
    from members
    left join segments
        on members.customer_id = segments.customer_id

)

select
    month,
    segment,
    cast(sum(orders) as bigint) as orders,
    cast(sum(new_customers) as bigint) as new_customers,
    cast(sum(list_members) as bigint) as list_members,
    cast(sum(revenue) as decimal(18, 4)) as revenue,
    cast(sum(margin) as decimal(18, 4)) as margin,
    month_start_date
from counted
group by month, segment, month_start_date
