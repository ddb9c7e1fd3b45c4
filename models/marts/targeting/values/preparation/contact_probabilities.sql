-- How likely an order of each candidate is without a message: the own probability, where there is
-- one, as the list's controls lay to theirs; else the list's.
{{ config(materialized='ephemeral') }}
with

candidates as (

    select * from {{ ref('list_candidates') }}

),

customers as (

    select * from {{ ref('clv_customers') }}

),

segments as (

    select * from {{ ref('rfm_scores') }}
    where basis = 'bought'

),

levels as (

    select * from {{ ref('list_effects') }}
    where variant = ''

),

lists as (

    select * from {{ ref('lists_priced') }}

),

known as (

    select
        candidates.list_name,
        candidates.customer_id,
        candidates.mean_margin,
        candidates.margin_basis,
        segments.segment,
        customers.order_margin,
        customers.p_order is not null as is_own,
        -- Nobody's order is certain, or impossible.
        least(greatest(coalesce(
            customers.p_order, cast(lists.p_not_contacted as double)
        ), 1e-5), 1 - 1e-5) as p_order
    from candidates
    inner join lists
        on candidates.list_name = lists.list_name
    left join customers
        on candidates.customer_id = customers.customer_id
    left join segments
        on candidates.customer_id = segments.customer_id

)

select
    known.list_name,
    known.customer_id,
    known.segment,
    known.margin_basis,
    known.is_own,
    case
        when known.is_own then 1 / (1 + exp(-(
            coalesce(own_level.intercept, level.intercept, 0)
            + coalesce(own_level.slope, level.slope, 1)
            * (
                ln(known.p_order / (1 - known.p_order))
                - coalesce(own_level.center, level.center, 0)
            )
        )))
        else known.p_order
    end as p_without,
    coalesce(
        cast(known.order_margin as decimal(18, 4)), known.mean_margin
    ) as order_margin
from known
left join levels as own_level
    on known.list_name = own_level.list_name
    and known.segment = own_level.segment
left join levels as level
    on known.list_name = level.list_name
    and level.segment = ''
