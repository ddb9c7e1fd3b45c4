-- What the data report counts before the shop's own orders where both arms could show
-- it: as declared, else where any control has a value or everybody has; who has none
-- then did not. Told of the contacted alone it is no outcome. An amount has to
-- be reported for each buyer.
{{ config(materialized='ephemeral') }}
with

customers as (

    select * from {{ ref('campaign_arms') }}

),

declared as (

    select
        campaign_id,
        bool_and(shows_response) as shows_response
    from {{ ref('campaign_plans') }}
    where dataset = {{ string_literal(var('dataset')) }}
        and lower(arm) = 'control'
    group by campaign_id

),

known as (

    select
        campaign_id,
        reported_revenue,
        reported_margin,
        coalesce(reported_revenue, case when not has_converted then 0 end) as known_revenue,
        coalesce(reported_margin, case when not has_converted then 0 end) as known_margin,
        arm = 'control' as is_control,
        has_responded,
        has_converted,
        coalesce(has_converted, false) and reported_revenue is null as is_revenue_missing,
        coalesce(has_converted, false) and reported_margin is null as is_margin_missing
    from customers

)

select
    known.campaign_id,
    coalesce(
        bool_and(declared.shows_response),
        bool_or(known.is_control and known.has_responded is not null)
    ) as is_response_reported,
    bool_or(known.is_control and known.has_converted is not null)
        or count(known.has_converted) = count(*) as is_purchase_reported,
    (
        bool_or(known.is_control and known.known_revenue is not null)
        or count(known.known_revenue) = count(*)
    )
    and count(known.reported_revenue) > 0
    and not bool_or(known.is_revenue_missing) as is_revenue_reported,
    (
        bool_or(known.is_control and known.known_margin is not null)
        or count(known.known_margin) = count(*)
    )
    and count(known.reported_margin) > 0
    and not bool_or(known.is_margin_missing) as is_margin_reported
from known
left join declared
    on known.campaign_id = declared.campaign_id
group by known.campaign_id
