-- What customers are about to run out of: each product that one bought on two days or
-- more, how long it usually lasts, and when it is expected to be bought again.
with

pairs as (

    select * from {{ ref('replenishment_intervals') }}
    where as_of = 'current'

),

products as (

    select * from {{ ref('recommendation_products') }}
    where as_of = 'current'

),

worded as (

    select
        pairs.*,
        products.product_name,
        products.mean_margin as line_margin,
        coalesce(products.is_offered, false) as is_offered,
        cast(round(pairs.usual_interval_days) as bigint) as whole_interval_days,
        cast('1970-01-01' as timestamp) + interval '1 second' * pairs.last_seconds
            as last_bought_at
    from pairs
    left join products
        on pairs.product_id = products.product_id

)

select
    customer_id,
    product_id,
    product_name,
    state,
    rhythm,
    {{ text(
        'usually every {interval}, last {days} ago',
        interval=counted(rounded_text('usual_interval_days'), 'day|days'),
        days=counted('days_since_last', 'day|days')
    ) }} || case
        when purchases = 2 then {{ text(
            ' (bought twice so far, {days} apart)',
            days=counted('cast(round(own_interval_days) as bigint)', 'day|days')
        ) }}
        else ''
    end as reason,
    purchases,
    days_since_last,
    days_since_last - whole_interval_days as days_overdue,
    own_weight,
    own_interval_days,
    product_interval_days,
    usual_interval_days,
    line_margin,
    is_offered,
    cast({{ days_after('last_bought_at', 'whole_interval_days') }} as date) as expected_date,
    last_bought_at
from worded
