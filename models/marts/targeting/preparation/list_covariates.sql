-- The assignments of today: the arms of each list, and the global holdout among
-- all that some list wants. What the holdout's customers did since it began may
-- be an effect, so that nothing of them is compared.
with

decisions as (

    select * from {{ ref('list_decisions') }}
    where is_in

),

-- By the own draw: whom the key of an earlier person keeps out was not drawn with the others.
candidates as (

    select distinct
        customer_id,
        holdout_bucket
    from {{ ref('list_candidates_screened') }}

),

holdout as (

    select
        period,
        share
    from {{ ref('holdout_windows') }}
    where is_current

),

totals as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'

)

select
    decisions.list_name || '_' || cast(cast({{ as_of_date() }} as date) as string)
        as assignment_id,
    decisions.list_name,
    decisions.customer_id,
    decisions.arm,
    decisions.stratum,
    totals.recency_days,
    totals.orders,
    totals.revenue,
    totals.tenure_days,
    cast(
        case
            when decisions.arm = 'control' then decisions.control_share
            else 1 - decisions.control_share
        end as decimal(9, 6)
    ) as planned_share
from decisions
left join totals
    on decisions.customer_id = totals.customer_id

union all

select
    'holdout_' || holdout.period as assignment_id,
    cast(null as string) as list_name,
    candidates.customer_id,
    case
        when candidates.holdout_bucket < 10000 * holdout.share then 'holdout'
        else 'not in holdout'
    end as arm,
    'all' as stratum,
    cast(null as bigint) as recency_days,
    cast(null as bigint) as orders,
    cast(null as decimal(18, 4)) as revenue,
    cast(null as bigint) as tenure_days,
    cast(
        case
            when candidates.holdout_bucket < 10000 * holdout.share then holdout.share
            else 1 - holdout.share
        end as decimal(9, 6)
    ) as planned_share
from candidates
cross join holdout
