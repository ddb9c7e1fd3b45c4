with

customer_totals as (

    select * from {{ ref('customer_totals') }}
    where rfm_skip_reason is null

),

guards as (

    select * from {{ ref('rfm_guarded_segments') }}

),

scored as (

    select
        basis,
        customer_id,
        recency_days,
        tenure_days,
        orders as frequency,
        revenue as monetary,
        margin,
        {{ quintile_score('recency_days', 'basis', best='low') }} as r_score,
        {{ quintile_score('orders', 'basis') }} as f_score,
        {{ quintile_score('revenue', 'basis') }} as m_score
    from customer_totals

),

coded as (

    select
        *,
        100 * r_score + 10 * f_score + m_score as code
    from scored

),

segmented as (

    select
        coded.basis,
        coded.customer_id,
        cast(coded.code as string) as rfm_code,
        {{ guarded_segment(
            'guards', orders='coded.frequency', first_order_days='coded.tenure_days',
            recency_days='coded.recency_days'
        ) }} as segment,
        coded.recency_days,
        coded.frequency,
        coded.monetary,
        coded.margin,
        coded.r_score,
        coded.f_score,
        coded.m_score
    from coded
    inner join guards
        on coded.code = guards.rfm_code

)

select * from segmented
