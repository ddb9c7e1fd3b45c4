-- Whom the lists of today may contact, with what is known of them: those whose uplift is scored.
with

candidates as (

    select * from {{ ref('list_candidates') }}

),

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'

)

select
    candidates.list_name,
    candidates.customer_id,
    totals.recency_days,
    totals.orders,
    totals.revenue,
    totals.tenure_days
from candidates
left join totals
    on candidates.customer_id = totals.customer_id
