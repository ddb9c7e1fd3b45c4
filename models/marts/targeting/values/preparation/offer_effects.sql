-- The effects of each offer: those of its variant where a campaign had it, else of the list, else
-- what is assumed of it.
{{ config(materialized='ephemeral') }}
with

offers as (

    select * from {{ ref('offers_priced') }}

),

effects as (

    select * from {{ ref('list_effects') }}

)

select
    offers.list_name,
    offers.variant,
    offers.offer,
    offers.contact_cost,
    offers.offer_cost,
    coalesce(effects.segment, '') as segment,
    coalesce(effects.basis, 'prior') as basis,
    effects.by_odds,
    effects.flat,
    case when effects.list_name is null then offers.assumed_log_odds else effects.log_odds_ratio end
        as log_odds_ratio,
    effects.standard_error
from offers
left join effects
    on offers.list_name = effects.list_name
    and effects.variant in (offers.variant, '')
qualify row_number() over (
    partition by offers.list_name, offers.variant, effects.segment
    order by effects.variant desc
) = 1
