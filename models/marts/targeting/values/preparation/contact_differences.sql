-- What a message with each offer changes in the probability of an order of each candidate: by the
-- person's uplift where that ranks better than chance, else by what was measured of the segment or
-- the list, else by what is assumed.
{{ config(materialized='ephemeral') }}
with

candidates as (

    select * from {{ ref('contact_probabilities') }}

),

effects as (

    select * from {{ ref('offer_effects') }}

),

uplifts as (

    select * from {{ ref('uplift_scores') }}

),

joined as (

    select
        candidates.*,
        everyone.variant,
        everyone.offer,
        everyone.contact_cost,
        everyone.offer_cost,
        uplifts.uplift,
        coalesce(own.basis, everyone.basis) as effect_basis,
        coalesce(own.by_odds, everyone.by_odds) as by_odds,
        coalesce(own.flat, everyone.flat) as flat,
        coalesce(own.log_odds_ratio, everyone.log_odds_ratio) as log_odds_ratio,
        coalesce(own.standard_error, everyone.standard_error) as difference_se
    from candidates
    inner join effects as everyone
        on candidates.list_name = everyone.list_name
        and everyone.segment = ''
    left join effects as own
        on candidates.list_name = own.list_name
        and everyone.variant = own.variant
        and candidates.segment = own.segment
    left join uplifts
        on candidates.list_name = uplifts.list_name
        and candidates.customer_id = uplifts.customer_id

)

select
    list_name,
    customer_id,
    variant,
    offer,
    segment,
    margin_basis,
    is_own,
    order_margin,
    contact_cost,
    offer_cost,
    p_without,
    case when uplift is not null then 'uplift' else effect_basis end as value_basis,
    case when uplift is null then difference_se end as difference_se,
    greatest(-p_without, least(1 - p_without, case
        when uplift is not null then uplift
        when by_odds is not null then by_odds * p_without * (1 - p_without) + flat
        else 1 / (1 + exp(-(ln(p_without / (1 - p_without)) + log_odds_ratio))) - p_without
    end)) as difference
from joined
