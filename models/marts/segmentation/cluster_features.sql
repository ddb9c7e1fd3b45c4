with

totals as (

    select * from {{ ref('int_customer_totals') }}
    where basis = 'bought'
        and rfm_skip_reason is null

),

behaviour as (

    select * from {{ ref('customer_pivot') }}

)

select
    totals.customer_id,
    cast(totals.recency_days as double) as recency_days,
    cast(totals.orders as double) as frequency,
    cast(totals.revenue as double) as monetary,
    {{ ratio('totals.revenue', 'totals.orders') }} as mean_receipt,
    cast(totals.tenure_days as double) as tenure_days,
    {{ ratio('behaviour.bought_lines', 'behaviour.bought_orders') }} as lines_per_order,
    cast(behaviour.categories as double) as categories,
    behaviour.discounted_share,
    1 - behaviour.bought_share as undone_share
from totals
left join behaviour
    on totals.customer_id = behaviour.customer_id
