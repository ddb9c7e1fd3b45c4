-- One grouping in all is chosen, one of each method is its choice, and what is
-- chosen is its method's choice.
select
    method,
    count(*) filter (where is_method_choice) as choices,
    count(*) filter (where is_chosen and not is_method_choice) as stray,
    sum(count(*) filter (where is_chosen)) over () as chosen
from {{ ref('cluster_evaluations') }}
group by method
qualify choices <> 1
    or stray > 0
    or chosen <> 1
