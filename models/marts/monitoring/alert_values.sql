-- What is watched, in numbers: one value for each check and subject, and what is
-- usual. How bad it is, the seed alert_rules says.
{% set runs = var('monitoring_runs') -%}
{% set least_runs = var('monitoring_least_runs') -%}
{% set deviations = var('monitoring_deviations') -%}
with

lists as (

    select list_name from {{ ref('lists_priced') }}

),

drift as (

    select * from {{ ref('model_drift') }}
    where reference in ('fit', 'last run')

),

models as (

    select
        'activity' as model,
        data_basis,
        model as classifier,
        refit_reason,
        -- Of a model fitted on an earlier day it was told then.
        refit_reason <> '' and as_of_date >= {{ as_of_date() }} as is_refitted
    from {{ ref('ml_activity_models') }}

    union all

    select
        'response' as model,
        data_basis,
        model as classifier,
        refit_reason,
        refit_reason <> '' and as_of_date >= {{ as_of_date() }} as is_refitted
    from {{ ref('ml_response_models') }}

),

performance as (

    select * from {{ ref('model_performance') }}
    -- The newest scores whose outcome is known.
    qualify row_number() over (
        partition by model, data_basis
        order by scored_date desc, campaign_id desc
    ) = 1

),

measured as (

    select
        'activity' as model,
        data_basis,
        coalesce(out_of_time_roc_auc, roc_auc) as roc_auc
    from {{ ref('activity_evaluations') }}
    where is_chosen

    union all

    select
        'response' as model,
        'everyone' as data_basis,
        coalesce(out_of_time_roc_auc, roc_auc) as roc_auc
    from {{ ref('response_evaluations') }}
    where is_chosen

),

calibration as (

    select
        calibration.model,
        calibration.data_basis,
        calibration.scored_date,
        count(*) filter (where not calibration.is_within_band) as deciles
    from {{ ref('model_calibration') }} as calibration
    inner join performance
        on calibration.model = performance.model
        and calibration.data_basis = performance.data_basis
        and calibration.campaign_id = performance.campaign_id
        and calibration.scored_date = performance.scored_date
    group by calibration.model, calibration.data_basis, calibration.scored_date

),

assignment_checks as (

    select * from {{ ref('assignment_checks') }}
    where kind = 'list'

),

orders as (

    select max(ordered_at) as last_at
    from {{ ref('fct_orders') }}

),

site_activity as (

    select max(period_start) as last_at
    from {{ ref('int_site_activity_validated') }}
    where decision = 'accepted'

),

revenue as (

    select sum(placed_revenue) as revenue
    from {{ ref('fct_order_lines') }}

),

unmatched_returns as (

    select
        return_match,
        sum(unmatched_amount) as amount
    from {{ ref('fct_order_lines') }}
    where is_modelled
        and unmatched_amount > 0
    group by return_match

),

unmatched as (

    select
        coalesce(sum(amount), 0) as amount,
        string_agg(
            {{ label('return_match', 'return_match') }} || ' ' || {{ two_decimals('amount') }},
            ', ' order by amount desc, return_match
        ) as reasons
    from unmatched_returns

),

counted as (

    select
        measure,
        subject,
        value,
        cases
    from {{ ref('run_measures') }}
    where as_of_date = cast({{ as_of_date() }} as date)

),

earlier as (

    select
        measure,
        subject,
        value
    from {{ ref('run_measures') }}
    where as_of_date < cast({{ as_of_date() }} as date)
        -- A run without candidates tells nothing of their usual number.
        and not (measure in ('candidates', 'list size') and value = 0)
    qualify row_number() over (
        partition by measure, subject
        order by as_of_date desc
    ) <= {{ runs }}

),

medians as (

    select
        measure,
        subject,
        count(*) as runs,
        median(value) as baseline
    from earlier
    group by measure, subject

),

-- The median absolute deviation, scaled to the standard deviation of a normal.
baseline as (

    select
        medians.measure,
        medians.subject,
        medians.runs,
        medians.baseline,
        1.4826 * median(abs(earlier.value - medians.baseline)) as spread
    from medians
    inner join earlier
        on medians.measure = earlier.measure
        and medians.subject = earlier.subject
    group by medians.measure, medians.subject, medians.runs, medians.baseline

),

compared as (

    select
        coalesce(counted.measure, baseline.measure) as measure,
        coalesce(counted.subject, baseline.subject) as subject,
        coalesce(counted.value, 0) as value,
        coalesce(counted.cases, 0) as cases,
        coalesce(baseline.runs, 0) as runs,
        case when baseline.runs >= {{ least_runs }} then baseline.baseline end as baseline,
        baseline.spread
    from counted
    full outer join baseline
        on counted.measure = baseline.measure
        and counted.subject = baseline.subject

),

-- Counts vary at least as Poisson's do; a share as a binomial's.
sized as (

    select
        *,
        greatest((value + 1) / (baseline + 1), (baseline + 1) / (value + 1)) as times,
        abs(value - baseline) > {{ deviations }} * greatest(spread, sqrt(baseline), 1)
            as is_significant
    from compared
    where measure in ('candidates', 'list size')
        and subject in (select lists.list_name from lists)

),

shifted as (

    select
        *,
        replace(measure, 'removed by ', '') as step,
        value - baseline as points,
        abs(value - baseline) > {{ deviations }} * sqrt(
            power(spread, 2) + greatest(baseline * (1 - baseline), 0) / greatest(cases, 1)
        ) as is_significant
    from compared
    where starts_with(measure, 'removed by ')
        and cases > 0
        and subject in (select lists.list_name from lists)
    qualify row_number() over (
        partition by subject
        order by abs(value - baseline) desc nulls last, measure
    ) = 1

),

alert_values as (

    select
        'score drift' as check_name,
        models.model || ': ' || models.data_basis as subject,
        models.model as source_mart,
        cast(null as string) as list_name,
        {%- set whose = {
            'model': label('source_mart', 'models.model'),
            'data_basis': label('data_basis', 'models.data_basis'),
        } %}
        case
            when drift.model is null then {{ text(
                'the scores of {model} ({data_basis}) cannot be compared: '
                ~ 'the model was saved before snapshots were', **whose
            ) }}
            when drift.psi is null then {{ text(
                'the scores of {model} ({data_basis}) cannot be compared: '
                ~ 'nobody was scored then or now', **whose
            ) }}
            else {{ text(
                'the scores of {model} ({data_basis}) have a PSI of {psi} '
                ~ 'since the model was fitted', psi=two_decimals('drift.psi'), **whose
            ) }}
        end as finding,
        drift.psi as value,
        coalesce(drift.psi > drift.chance_psi, false) as is_significant,
        false as is_harmless
    from models
    left join drift
        on models.model = drift.model
        and models.data_basis = drift.data_basis
        and drift.reference = 'fit'
        and drift.feature = 'score'
    where models.classifier <> 'none'

    union all

    select
        'feature drift' as check_name,
        model || ': ' || data_basis as subject,
        model as source_mart,
        cast(null as string) as list_name,
        {{ text(
            '{drifted} of {features} features of {model} ({data_basis}) '
            ~ 'have drifted since the model was fitted',
            drifted="count(*) filter (where level = 'major')",
            features='count(*)',
            model=label('source_mart', 'model'),
            data_basis=label('data_basis', 'data_basis')
        ) }} || coalesce(
            {{ text(
                ', most {feature} (PSI {psi})',
                feature="max_by(feature, (psi, feature)) filter (where level = 'major')",
                psi=two_decimals("max(psi) filter (where level = 'major')")
            ) }},
            ''
        ) as finding,
        {{ ratio("count(*) filter (where level = 'major')", 'count(*)') }} as value,
        true as is_significant,
        false as is_harmless
    from drift
    where reference = 'fit'
        and feature <> 'score'
        and level <> 'unknown'
    group by model, data_basis

    union all

    select
        'model refitted' as check_name,
        model || ': ' || data_basis as subject,
        model as source_mart,
        cast(null as string) as list_name,
        case
            when is_refitted then {{ text(
                'the model of {model} ({data_basis}) was {reason}',
                model=label('source_mart', 'model'),
                data_basis=label('data_basis', 'data_basis'),
                reason=translated('refit_reason', 'drift')
            ) }}
            else {{ text(
                'the model of {model} ({data_basis}) was not fitted again for drift',
                model=label('source_mart', 'model'),
                data_basis=label('data_basis', 'data_basis')
            ) }}
        end as finding,
        case when is_refitted then 1 else 0 end as value,
        true as is_significant,
        false as is_harmless
    from models

    union all

    select
        'cluster drift' as check_name,
        model || ': ' || data_basis as subject,
        cast(null as string) as source_mart,
        cast(null as string) as list_name,
        {{ text(
            'the shares of the clusters have a PSI of {psi} since the last run',
            psi=two_decimals('psi')
        ) }} as finding,
        psi as value,
        coalesce(psi > chance_psi, false) as is_significant,
        false as is_harmless
    from drift
    where reference = 'last run'

    union all

    select
        'ranking' as check_name,
        model || ': ' || data_basis as subject,
        model as source_mart,
        cast(null as string) as list_name,
        {%- set scored = {
            'model': label('source_mart', 'model'),
            'data_basis': label('data_basis', 'data_basis'),
            'date': 'cast(scored_date as string)',
        } %}
        coalesce(
            {{ text(
                'the scores of {model} ({data_basis}) of {date} ranked with ROC-AUC {auc}, '
                ~ 'the baseline with {baseline_auc}',
                auc=two_decimals('roc_auc'), baseline_auc=two_decimals('baseline_roc_auc'),
                **scored
            ) }},
            {{ text(
                'the scores of {model} ({data_basis}) of {date} met outcomes of one kind only',
                **scored
            ) }}
        ) as finding,
        {{ ratio('-gain', 'gain_se') }} as value,
        true as is_significant,
        false as is_harmless
    from performance

    union all

    select
        'predicted ranking' as check_name,
        performance.model || ': ' || performance.data_basis as subject,
        performance.model as source_mart,
        cast(null as string) as list_name,
        {{ text(
            'the scores of {model} ({data_basis}) of {date} ranked with ROC-AUC {auc}, '
            ~ 'where {measured_auc} was measured at the fit',
            model=label('source_mart', 'performance.model'),
            data_basis=label('data_basis', 'performance.data_basis'),
            date='cast(performance.scored_date as string)',
            auc='coalesce(' ~ two_decimals('performance.roc_auc') ~ ', ' ~ text('unknown') ~ ')',
            measured_auc='coalesce(' ~ two_decimals('measured.roc_auc') ~ ', '
                ~ text('nothing') ~ ')'
        ) }} as finding,
        {{ ratio('measured.roc_auc - performance.roc_auc', 'performance.roc_auc_se') }} as value,
        true as is_significant,
        false as is_harmless
    from performance
    left join measured
        on performance.model = measured.model
        and performance.data_basis = measured.data_basis

    union all

    select
        'calibration' as check_name,
        model || ': ' || data_basis as subject,
        model as source_mart,
        cast(null as string) as list_name,
        {{ text(
            'of the scores of {model} ({data_basis}) of {date} {deciles} deciles '
            ~ 'came otherwise than predicted',
            model=label('source_mart', 'model'),
            data_basis=label('data_basis', 'data_basis'),
            date='cast(scored_date as string)',
            deciles='deciles'
        ) }} as finding,
        cast(deciles as double) as value,
        true as is_significant,
        false as is_harmless
    from calibration

    union all

    select
        'assignment' as check_name,
        list_name as subject,
        cast(null as string) as source_mart,
        list_name,
        {{ text(
            'of the arms of {list}: {reasons}',
            list=label('list_name', 'list_name'),
            reasons="string_agg(reason, '; ' order by is_broken desc, check_name)"
        ) }} as finding,
        cast(count(*) filter (where is_broken) as double) as value,
        true as is_significant,
        false as is_harmless
    from assignment_checks
    group by list_name

    union all

    select
        measure as check_name,
        subject,
        cast(null as string) as source_mart,
        subject as list_name,
        {%- set counts = {
            'list': label('list_name', 'subject'), 'value': 'cast(value as bigint)'
        } %}
        case measure
            when 'candidates' then {{ text('candidates of {list}: {value}', **counts) }}
            else {{ text('customers in the list of {list}: {value}', **counts) }}
        end || {{ baseline_or_run('cast(cast(baseline as bigint) as string)', least_runs) }} as finding,
        times as value,
        coalesce(is_significant, false) as is_significant,
        -- Nobody is contacted by an empty list.
        value = 0 as is_harmless
    from sized

    union all

    select
        'list steps' as check_name,
        subject,
        cast(null as string) as source_mart,
        subject as list_name,
        {{ text(
            '{step} removes {share} from {list}',
            step=label('step', 'step'),
            share=percent_text('value'),
            list=label('list_name', 'subject')
        ) }} || {{ baseline_or_run(percent_text('baseline'), least_runs) }} as finding,
        abs(points) as value,
        coalesce(is_significant, false) as is_significant,
        -- Who is removed is not contacted.
        coalesce(points > 0, true) as is_harmless
    from shifted

    union all

    select
        'rejected lines' as check_name,
        subject,
        cast(null as string) as source_mart,
        cast(null as string) as list_name,
        {{ text('{share} of the order lines are rejected', share=percent_text('value')) }}
            as finding,
        value,
        true as is_significant,
        false as is_harmless
    from compared
    where measure = 'rejected lines'

    union all

    select
        'newly rejected lines' as check_name,
        subject,
        cast(null as string) as source_mart,
        cast(null as string) as list_name,
        {{ text('{share} of the order lines are rejected', share=percent_text('value')) }}
            || {{ baseline_or_run(percent_text('baseline'), least_runs) }} as finding,
        value - baseline as value,
        coalesce(
            value - baseline > {{ deviations }} * sqrt(
                power(spread, 2) + greatest(baseline * (1 - baseline), 0) / greatest(cases, 1)
            ),
            false
        ) as is_significant,
        false as is_harmless
    from compared
    where measure = 'rejected lines'

    union all

    select
        'unmatched returns' as check_name,
        'order_lines' as subject,
        cast(null as string) as source_mart,
        cast(null as string) as list_name,
        coalesce(
            {{ text(
                'returns give back {amount} that no sale had left, {share} of the revenue: '
                ~ '{reasons}',
                amount=two_decimals('unmatched.amount'),
                share=percent_text('unmatched.amount / revenue.revenue'),
                reasons='unmatched.reasons'
            ) }},
            {{ text('every return found the sale that it undoes') }}
        ) as finding,
        {{ ratio('unmatched.amount', 'revenue.revenue') }} as value,
        true as is_significant,
        false as is_harmless
    from unmatched
    cross join revenue
    where revenue.revenue > 0

    union all

    select
        'contents' as check_name,
        subject,
        cast(null as string) as source_mart,
        cast(null as string) as list_name,
        {{ text(
            '{input} has {rows} rows',
            input=label('input', 'subject'), rows='cast(value as bigint)'
        ) }}
            || {{ baseline_or_run('cast(cast(baseline as bigint) as string)', least_runs) }} as finding,
        case when baseline is not null then greatest(1 - {{ ratio('value', 'baseline') }}, 0) end
            as value,
        coalesce(
            baseline - value > {{ deviations }} * greatest(spread, sqrt(baseline), 1), false
        ) as is_significant,
        false as is_harmless
    from compared
    where measure = 'rows'

    union all

    select
        'freshness' as check_name,
        'order_lines' as subject,
        cast(null as string) as source_mart,
        cast(null as string) as list_name,
        {{ text(
            'the last order is {days} older than the as-of date',
            days=counted(elapsed_days('last_at', as_of_date()), 'day|days')
        ) }} as finding,
        cast({{ elapsed_days('last_at', as_of_date()) }} as double) as value,
        true as is_significant,
        false as is_harmless
    from orders
    where last_at is not null

    union all

    select
        'freshness' as check_name,
        'site_activity' as subject,
        cast(null as string) as source_mart,
        cast(null as string) as list_name,
        {{ text(
            'the last period of site activity began {days} before the as-of date',
            days=counted(elapsed_days('last_at', as_of_date()), 'day|days')
        ) }} as finding,
        cast({{ elapsed_days('last_at', as_of_date()) }} as double) as value,
        true as is_significant,
        false as is_harmless
    from site_activity
    where last_at is not null

)

select
    check_name,
    subject,
    source_mart,
    list_name,
    finding,
    value,
    is_significant,
    is_harmless
from alert_values
