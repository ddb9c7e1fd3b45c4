-- Who has an offer as the lists make them has them by the method chosen for that, and likewise who
-- has one of something new.
select
    reasons.regime,
    reasons.customer_id,
    reasons.method
from {{ ref('recommendation_reasons') }} as reasons
left join {{ ref('recommendation_evaluations') }} as evaluations
    on reasons.regime = evaluations.regime
    and reasons.method = evaluations.method
    and evaluations.is_chosen
where evaluations.method is null
    and reasons.method <> 'segment'
