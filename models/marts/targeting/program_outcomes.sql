-- What everyone that lists could reach did, held out or not: by holdout period, and
-- of all periods together, each of them a stratum. The sums are all that a comparison
-- needs.
{% set metrics = ['purchase', 'revenue', 'margin', 'profit'] -%}
with

customers as (

    select * from {{ ref('program_customers') }}

),

measured as (

    {% for metric in metrics -%}
    {% for scope in ['period', 'to date'] -%}
    select
        '{{ scope }}' as scope,
        {{ 'period' if scope == 'period' else "'all'" }} as holdout_period,
        {{ "'all'" if scope == 'period' else 'period' }} as stratum_period,
        arm,
        planned_share,
        '{{ metric }}' as metric,
        {{ metric }} as amount,
        pre_{{ metric }} as pre_amount
    from customers

    {{ 'union all' if not loop.last }}

    {% endfor -%}
    {{ 'union all' if not loop.last }}

    {% endfor -%}

),

-- One cut for both arms: among the amounts that are any, in size, whatever their sign.
cuts as (

    select
        scope,
        holdout_period,
        metric,
        cast({{ percentile('abs(amount)', var('winsor_share')) }} as decimal(18, 4)) as cut
    from measured
    where amount <> 0
    group by scope, holdout_period, metric

),

clipped as (

    select
        measured.*,
        coalesce(
            least(greatest(measured.amount, -cuts.cut), cuts.cut), measured.amount
        ) as clipped_amount
    from measured
    left join cuts
        on measured.scope = cuts.scope
        and measured.holdout_period = cuts.holdout_period
        and measured.metric = cuts.metric

)

select
    scope,
    holdout_period,
    stratum_period,
    arm,
    metric,
    count(*) as customers,
    max(planned_share) as planned_share,
    cast(sum(amount) as decimal(38, 4)) as total,
    cast(sum({{ product_of('amount', 'amount') }}) as decimal(38, 8))
        as total_of_squares,
    cast(sum(pre_amount) as decimal(38, 4)) as pre_total,
    cast(sum({{ product_of('pre_amount', 'pre_amount') }}) as decimal(38, 8))
        as pre_total_of_squares,
    cast(sum({{ product_of('amount', 'pre_amount') }}) as decimal(38, 8))
        as total_of_products,
    cast(sum(clipped_amount) as decimal(38, 4)) as clipped_total,
    cast(sum({{ product_of('clipped_amount', 'clipped_amount') }}) as decimal(38, 8))
        as clipped_total_of_squares
from clipped
group by scope, holdout_period, stratum_period, arm, metric
