-- At each past cut-off the regular customers together do what is expected of
-- them, and orders of a window that reaches beyond the as-of date train nothing. A
-- label that the dataset gives is no such order: it is known as of its day.
select
    cutoff_at,
    sum(expected_orders) as expected_orders,
    sum(outcome_orders) as outcome_orders
from {{ ref('activity_features') }}
where not is_current
    and outcome_orders is not null
group by cutoff_at
having abs(sum(expected_orders) - sum(outcome_orders)) > 1e-3
    or {{ days_after('cutoff_at', var('activity_window_days')) }} > {{ as_of_date() }}
