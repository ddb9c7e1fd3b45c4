{% set least_runs = var('monitoring_least_runs') -%}
{% set deviations = var('monitoring_deviations') -%}
with

measures as (

    select * from {{ ref('run_measures_compared') }}

),

checks as (

    select
        'rejected lines' as check_name,
        subject,
        {{ text('{share} of the order lines are rejected', share=percent_text('value')) }}
            as finding,
        value,
        true as is_significant
    from measures
    where measure = 'rejected lines'

    union all

    select
        'newly rejected lines' as check_name,
        subject,
        {{ text('{share} of the order lines are rejected', share=percent_text('value')) }}
            || {{ baseline_or_run(percent_text('baseline'), least_runs) }} as finding,
        value - baseline as value,
        coalesce(
            value - baseline > {{ deviations }} * share_deviation, false
        ) as is_significant
    from measures
    where measure = 'rejected lines'

    union all

    select
        'contents' as check_name,
        subject,
        {{ text(
            '{input} has {rows} rows',
            input=label('input', 'subject'), rows='cast(value as bigint)'
        ) }}
            || {{ baseline_or_run('cast(cast(baseline as bigint) as string)', least_runs) }} as finding,
        case when baseline is not null then greatest(1 - {{ ratio('value', 'baseline') }}, 0) end
            as value,
        coalesce(
            baseline - value > {{ deviations }} * count_deviation, false
        ) as is_significant
    from measures
    where measure = 'rows'

)

select
    check_name,
    subject,
    cast(null as string) as source_mart,
    cast(null as string) as list_name,
    finding,
    value,
    is_significant,
    false as is_harmless
from checks
