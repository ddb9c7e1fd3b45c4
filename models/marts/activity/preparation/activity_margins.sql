-- What a customer is expected to bring in a year, and which part of the margin of an active
-- customer that is. What is expected now is that of lifetime value, by the method that proved best on
-- past days. It is taken to be that part of the margin of an active customer which remains:
--     1 - p_decline * activity_drop_share  where a decline is predicted: it loses that share or
--                                          more, so the least is at risk of one that lasts;
--     p_alive                              of everyone else: whoever has left brings nothing.
{{ config(materialized='ephemeral') }}
{% set least = var('activity_least_remaining') -%}
with

scores as (

    select * from {{ ref('activity_scores') }}

),

lifetimes as (

    select * from {{ ref('clv_customers') }}

),

-- Who is known from totals that do not count orders has no expected margin: what they record is
-- taken to be that of an active customer, in the period that they are of.
recorded as (

    select * from {{ ref('customer_totals') }}
    where basis = 'bought'
        and source = 'totals'
        and orders is null

),

remaining as (

    select
        scores.*,
        lifetimes.margin_reason,
        lifetimes.reason,
        -- Of what is expected to cost money nothing can be lost.
        case
            when lifetimes.margin_365_days is not null
                then cast(greatest(lifetimes.margin_365_days, 0) as decimal(18, 4))
        end as margin,
        coalesce(recorded.margin, recorded.revenue) as recorded_margin,
        case
            when scores.p_decline is not null then 'p_decline'
            when scores.p_left is not null then 'p_alive'
        end as method,
        greatest(
            coalesce(1 - scores.p_decline * {{ var('activity_drop_share') }}, 1 - scores.p_left),
            {{ least }}
        ) as remaining_share
    from scores
    left join lifetimes
        on scores.customer_id = lifetimes.customer_id
    left join recorded
        on scores.customer_id = recorded.customer_id

)

select
    customer_id,
    risk_band,
    margin_reason,
    reason,
    recorded_margin,
    remaining_share,
    is_regular,
    case
        when margin is not null then method
        when method is not null and recorded_margin is not null then 'recorded'
    end as value_method,
    case
        when margin is not null then margin
        when method is not null and recorded_margin is not null
            then cast(greatest(recorded_margin, 0) * remaining_share as decimal(18, 4))
    end as expected_margin
from remaining
