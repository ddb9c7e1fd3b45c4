{% set scored = {
    'model': label('source_mart', 'model'),
    'data_basis': label('data_basis', 'data_basis'),
    'date': 'cast(scored_date as string)',
} -%}
with

performance as (

    select * from {{ ref('performance_newest') }}

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

compared as (

    select
        performance.*,
        measured.roc_auc as measured_roc_auc
    from performance
    left join measured
        on performance.model = measured.model
        and performance.data_basis = measured.data_basis

),

checks as (

    select
        'ranking' as check_name,
        model,
        data_basis,
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
        {{ ratio('-gain', 'gain_se') }} as value
    from compared

    union all

    select
        'predicted ranking' as check_name,
        model,
        data_basis,
        {{ text(
            'the scores of {model} ({data_basis}) of {date} ranked with ROC-AUC {auc}, '
            ~ 'where {measured_auc} was measured at the fit',
            auc='coalesce(' ~ two_decimals('roc_auc') ~ ', ' ~ text('unknown') ~ ')',
            measured_auc='coalesce(' ~ two_decimals('measured_roc_auc') ~ ', '
                ~ text('nothing') ~ ')',
            **scored
        ) }} as finding,
        {{ ratio('measured_roc_auc - roc_auc', 'roc_auc_se') }} as value
    from compared

)

select
    check_name,
    model || ': ' || data_basis as subject,
    model as source_mart,
    cast(null as string) as list_name,
    finding,
    value,
    true as is_significant,
    false as is_harmless
from checks
