{% set least_runs = var('monitoring_least_runs') -%}
{% set deviations = var('monitoring_deviations') -%}
with

lists as (

    select list_name from {{ ref('lists_priced') }}

),

assignment_checks as (

    select * from {{ ref('assignment_checks') }}
    where kind = 'list'

),

measures as (

    select * from {{ ref('run_measures_compared') }}
    where subject in (select lists.list_name from lists)

),

sizes as (

    select
        *,
        greatest((value + 1) / (baseline + 1), (baseline + 1) / (value + 1)) as times
    from measures
    where measure in ('candidates', 'list size')

),

-- The step whose share deviates most from earlier runs.
steps as (

    select
        *,
        replace(measure, 'removed by ', '') as step,
        value - baseline as points
    from measures
    where measure like 'removed by %'
        and cases > 0
    qualify row_number() over (
        partition by subject
        order by abs(value - baseline) desc nulls last, measure
    ) = 1

),

checks as (

    select
        'assignment' as check_name,
        list_name,
        {{ text(
            'of the arms of {list}: {reasons}',
            list=label('list_name', 'list_name'),
            reasons=joined_text('reason', '; ', 'is_broken desc, check_name')
        ) }} as finding,
        cast(count(*) filter (where is_broken) as double) as value,
        true as is_significant,
        false as is_harmless
    from assignment_checks
    group by list_name

    union all

    select
        measure as check_name,
        subject as list_name,
        {%- set counts = {
            'list': label('list_name', 'subject'), 'value': 'cast(value as bigint)'
        } %}
        case measure
            when 'candidates' then {{ text('candidates of {list}: {value}', **counts) }}
            else {{ text('customers in the list of {list}: {value}', **counts) }}
        end || {{ baseline_or_run('cast(cast(baseline as bigint) as string)', least_runs) }} as finding,
        times as value,
        coalesce(
            abs(value - baseline) > {{ deviations }} * count_deviation, false
        ) as is_significant,
        -- Nobody is contacted by an empty list.
        value = 0 as is_harmless
    from sizes

    union all

    select
        'list steps' as check_name,
        subject as list_name,
        {{ text(
            '{step} removes {share} from {list}',
            step=label('step', 'step'),
            share=percent_text('value'),
            list=label('list_name', 'subject')
        ) }} || {{ baseline_or_run(percent_text('baseline'), least_runs) }} as finding,
        abs(points) as value,
        coalesce(abs(points) > {{ deviations }} * share_deviation, false) as is_significant,
        -- Who is removed is not contacted.
        coalesce(points > 0, true) as is_harmless
    from steps

)

select
    check_name,
    list_name as subject,
    cast(null as string) as source_mart,
    list_name,
    finding,
    value,
    is_significant,
    is_harmless
from checks
