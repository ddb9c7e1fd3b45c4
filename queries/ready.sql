-- Twenty questions to a published file, each a query to paste into a BI tool or to run with
-- duckdb. What metrics.metrics defines is taken from there. The tests run them all.

-- 1. How did the shop do each month?
select
    month_start_date,
    max(value) filter (where metric = 'revenue') as revenue,
    max(value) filter (where metric = 'orders') as orders,
    max(value) filter (where metric = 'customers') as customers,
    max(value) filter (where metric = 'average_order_value') as average_order_value,
    max(value) filter (where metric = 'repeat_rate') as repeat_rate,
    max(value) filter (where metric = 'margin') as margin
from metrics.metrics
where segment = 'all'
    and month_start_date is not null
group by month_start_date
order by month_start_date;

-- 2. Which segments bring the revenue?
select
    labels.label as segment,
    metrics.value as revenue,
    metrics.value / sum(metrics.value) over () as share
from metrics.metrics
inner join metrics.labels
    on labels.kind = 'segment'
    and metrics.segment = labels.code
where metrics.metric = 'revenue'
    and metrics.month = 'all'
    and metrics.segment <> 'all'
order by revenue desc;

-- 3. Does a segment come back for another order, and is that changing?
select
    segment,
    month_start_date,
    value as repeat_rate
from metrics.metrics
where metric = 'repeat_rate'
    and segment not in ('all', 'no segment')
    and month_start_date is not null
order by segment, month_start_date;

-- 4. What does each metric mean?
select
    name,
    definition,
    unit
from metrics.metric_catalog
order by name;

-- 5. Which lists are there, how large, and what are they expected to bring?
select
    list_name,
    purpose,
    members,
    control,
    holdout,
    expected_value,
    stop_reason
from lists.list_catalog
order by expected_value desc;

-- 6. At which step does each list lose its customers, and worth how much?
select
    list_name,
    step_number,
    step,
    before,
    removed,
    after,
    removed_value
from targeting.list_waterfall
order by list_name, step_number;

-- 7. Whom to write to first, with which offer, and why?
select
    rank,
    customer_id,
    channel,
    offer,
    reason,
    expected_value
from lists.list_win_back
order by rank
limit 20;

-- 8. Why is one of the best customers not in a list?
select
    decisions.customer_id,
    decisions.list_name,
    decisions.first_exclusion,
    decisions.reason
from targeting.list_decisions as decisions
inner join rfm.rfm_scores as scores
    on decisions.customer_id = scores.customer_id
    and scores.basis = 'bought'
    and scores.segment = 'Champions'
where not decisions.is_in
order by scores.monetary desc, decisions.customer_id, decisions.list_name
limit 50;

-- 9. What would a list be under another contact cap or depth?
select
    list_name,
    contact_cap,
    depth,
    members,
    expected_value,
    planned_cost
from targeting.list_previews
order by list_name, contact_cap, members;

-- 10. Did the campaigns work, and is that significant?
select
    campaign_id,
    list_name,
    arm,
    100 * treatment_mean as percent_of_contacted,
    100 * control_mean as percent_of_control,
    100 * difference as points_gained,
    100 * lower_95 as at_least,
    100 * upper_95 as at_most,
    verdict
from targeting.campaign_lift
where metric = 'purchase'
    and slice = 'all'
order by campaign_id, arm;

-- 11. Where is money at risk (a year's margin if active less the expected), and what to do about it?
select
    value_band,
    risk_band,
    customers,
    customer_value,
    expected_margin,
    value_at_risk,
    action
from activity.risk_value_grid
order by priority;

-- 12. Who of the valuable customers will probably buy less or has left, and what says so?
select
    scores.customer_id,
    scores.basis,
    scores.p_decline,
    scores.p_left,
    activity_values.value_at_risk,
    scores.reason_1,
    scores.reason_2
from activity.activity_scores as scores
inner join activity.activity_values
    on scores.customer_id = activity_values.customer_id
where scores.risk_band = 'high'
    and activity_values.value_band = 'high'
order by activity_values.value_at_risk desc, scores.customer_id;

-- 13. What are the clusters, what are they worth, and what to do with each?
select
    cluster_name,
    customers,
    share_of_revenue,
    strategy,
    action
from segmentation.cluster_summaries
where is_chosen
order by share_of_revenue desc, cluster_key;

-- 14. How many clusters are there, by each method?
select
    method,
    feature_set,
    k,
    silhouette,
    stability_ari,
    is_separated,
    reason
from segmentation.cluster_evaluations
where is_method_choice
order by method;

-- 15. What goes with what, and did it hold later?
select
    antecedent_name,
    consequent_name,
    baskets,
    confidence,
    lift,
    validation_lift
from basket.association_rules
where basis = 'order'
    and level = 'product'
    and is_usable
order by lift desc, antecedent, consequent
limit 20;

-- 16. Which customers moved to the segments of today, and since when?
select
    from_segment,
    to_segment,
    customers,
    from_date,
    to_date
from rfm.rfm_current_migrations
where basis = 'bought'
order by customers desc, from_segment, to_segment;

-- 17. Of those who came in a month, how many still buy?
select
    cohort_month,
    months_since,
    cohort_customers,
    customers,
    retention
from pivots.cohort_pivot
where basis = 'bought'
order by cohort_month, months_since;

-- 18. Which categories earn the margin?
select
    member as category,
    revenue,
    gross_margin,
    margin_share,
    customers
from pivots.sales_pivot
where basis = 'bought'
    and dimension = 'category_1'
order by gross_margin desc nulls last, member;

-- 19. When do customers buy?
select
    member as weekday,
    orders,
    revenue,
    average_order_value
from pivots.sales_pivot
where basis = 'bought'
    and dimension = 'weekday'
order by member;

-- 20. What became of every raw order line, and why?
select
    decision,
    reason,
    count(*) as lines,
    sum(amount) as amount
from core.order_line_ledger
group by decision, reason
order by lines desc, reason;
