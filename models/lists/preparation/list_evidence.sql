-- What lists rest on that may be empty for want of it: planned campaigns, methods of
-- recommending that are ahead of popularity, and states in which what is due is bought.
{{ config(materialized='ephemeral') }}
with

planned as (

    select count(*) as planned_campaigns
    from {{ ref('response_campaigns') }}
    where is_planned

),

recommended as (

    select
        count(*) filter (where is_chosen and method <> 'popularity') as recommended_methods,
        max(customers) as recommended_customers
    from {{ ref('recommendation_evaluations') }}
    where regime = 'new'

),

replenished as (

    select
        count(*) filter (where is_used) as replenished_states,
        max(window_days) as replenished_window_days
    from {{ ref('replenishment_evaluations') }}

)

select
    planned.planned_campaigns,
    recommended.recommended_methods,
    recommended.recommended_customers,
    replenished.replenished_states,
    replenished.replenished_window_days
from planned
cross join recommended
cross join replenished
