-- Regular customers by their silence, and with them everyone else who ever bought, by the
-- chance that they have not left for good.
with

silences as (

    select * from {{ ref('activity_silences') }}

),

lifetimes as (

    select * from {{ ref('clv_customers') }}

),

histories as (

    select * from {{ ref('clv_histories') }}
    where period = 'now'

),

met as (

    select
        coalesce(silences.customer_id, lifetimes.customer_id) as customer_id,
        coalesce(silences.data_basis, lifetimes.source) as data_basis,
        lifetimes.reason as unknown_reason,
        {{ number_text('silences.recency_days') }} as silent_text,
        {{ number_text('silences.typical_gap_days') }} as gap_text,
        cast(round(7 * (histories.age_weeks - histories.recency_weeks)) as bigint)
            as recency_days,
        histories.orders_all as orders,
        silences.overdue_ratio,
        lifetimes.p_alive,
        silences.customer_id is not null as is_regular
    from silences
    full join lifetimes
        on silences.customer_id = lifetimes.customer_id
    left join histories
        on lifetimes.customer_id = histories.customer_id

)

select
    customer_id,
    data_basis,
    coalesce(
        {{ text(
            'last order {days} ago, typical gap {gap}',
            days=counted('silent_text', 'day|days'), gap=counted('gap_text', 'day|days')
        ) }},
        case when p_alive is not null then {{ text(
            'last order {days} ago, {orders} so far',
            days=counted('recency_days', 'day|days'), orders=counted('orders', 'order|orders')
        ) }} end
    ) as silence_reason,
    unknown_reason,
    overdue_ratio,
    p_alive,
    is_regular
from met
