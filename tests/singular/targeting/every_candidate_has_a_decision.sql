-- Every candidate has a decision, and every decision a candidate.
select
    coalesce(candidates.list_name, decisions.list_name) as list_name,
    coalesce(candidates.customer_id, decisions.customer_id) as customer_id
from {{ ref('list_candidates') }} as candidates
full outer join {{ ref('list_decisions') }} as decisions
    on candidates.list_name = decisions.list_name
    and candidates.customer_id = decisions.customer_id
where candidates.list_name is null
    or decisions.list_name is null
