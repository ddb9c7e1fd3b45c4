-- Ranks run from 1 without a gap, at most as far as asked; what only the segment buys comes behind
-- the chosen method.
select
    regime,
    customer_id,
    count(*) as recommendations,
    min(rank) as first_rank,
    max(rank) as last_rank
from {{ ref('recommendation_reasons') }}
group by regime, customer_id
having min(rank) <> 1
    or max(rank) <> count(*)
    or count(distinct rank) <> count(*)
    or count(*) > {{ var('recommendations_per_customer') }}
    or max(rank) filter (where method <> 'segment') > min(rank) filter (where method = 'segment')
