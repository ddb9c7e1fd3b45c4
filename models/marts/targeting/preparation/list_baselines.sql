-- What the customers of each list would do uncontacted, from the best that is known: the
-- controls of its past campaigns, else customers who were of the same segments one window
-- ago, weighed by the list's segments of today, else what is assumed.
with

lists as (

    select * from {{ ref('lists_priced') }}

),

metrics as (

    select * from {{ ref('experiment_metrics') }}

),

priors as (

    select * from {{ ref('list_priors') }}

),

decisions as (

    select * from {{ ref('list_decisions') }}
    where is_in

),

available as (

    select
        list_name,
        count(*) as available,
        {{ ratio('sum(control_share)', 'count(*)') }} as control_share
    from decisions
    group by list_name

),

known as (

    select
        *,
        1 as preference
    from {{ ref('baselines_from_controls') }}

    union all

    select
        *,
        2 as preference
    from {{ ref('baselines_from_segments') }}

    union all

    select
        list_name,
        'purchase' as metric,
        {{ label('lift_basis', 'basis') }} as baseline_basis,
        0 as customers,
        cast(baseline_probability as double) as baseline_mean,
        cast(baseline_probability as double) as mean_of_squares,
        3 as preference
    from priors

),

-- What never happened, or always, is no baseline: its variance is none.
best as (

    select * from known
    where mean_of_squares > baseline_mean * baseline_mean
    qualify row_number() over (
        partition by list_name, metric
        order by preference
    ) = 1

)

select
    lists.list_name,
    metrics.metric,
    metrics.kind,
    metrics.unit,
    best.baseline_basis,
    cast(metrics.place as bigint) as metric_place,
    cast(coalesce(best.customers, 0) as bigint) as baseline_customers,
    best.baseline_mean,
    best.mean_of_squares - best.baseline_mean * best.baseline_mean as baseline_variance,
    coalesce(
        case when metrics.metric = 'purchase' then cast(priors.smallest_effect as double) end,
        cast(metrics.smallest_share as double) * abs(best.baseline_mean)
    ) as smallest_effect,
    coalesce(available.available, 0) as available,
    coalesce(available.control_share, cast({{ var('control_share') }} as double))
        as control_share,
    cast(lists.cooldown_days as bigint) as cooldown_days,
    cast({{ var('conversion_window_days') }} as bigint) as window_days
from lists
cross join metrics
left join best
    on lists.list_name = best.list_name
    and metrics.metric = best.metric
left join available
    on lists.list_name = available.list_name
left join priors
    on lists.list_name = priors.list_name
-- Most campaigns cannot show a response of their controls: without one it is not planned for.
where metrics.metric <> 'responded'
    or best.metric is not null
