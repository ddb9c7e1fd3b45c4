{% set whose = {
    'model': label('source_mart', 'model'),
    'data_basis': label('data_basis', 'data_basis'),
} -%}
with

drift as (

    select * from {{ ref('model_drift') }}
    where reference = 'fit'

),

models as (

    select * from {{ ref('models_watched') }}

),

score_drift as (

    select
        models.model,
        models.data_basis,
        drift.psi,
        drift.chance_psi,
        drift.model is not null as has_snapshot
    from models
    left join drift
        on models.model = drift.model
        and models.data_basis = drift.data_basis
        and drift.feature = 'score'
    where models.classifier is not null
        and models.classifier <> 'none'

),

feature_drift as (

    select
        model,
        data_basis,
        count(*) as features,
        count(*) filter (where level = 'major') as drifted,
        max(psi) filter (where level = 'major') as highest_psi,
        max_by(feature, (psi, feature)) filter (where level = 'major') as most_drifted
    from drift
    where feature <> 'score'
        and level <> 'unknown'
    group by model, data_basis

),

checks as (

    select
        'score drift' as check_name,
        model,
        data_basis,
        case
            when not has_snapshot then {{ text(
                'the scores of {model} ({data_basis}) cannot be compared: '
                ~ 'the model was saved before snapshots were', **whose
            ) }}
            when psi is null then {{ text(
                'the scores of {model} ({data_basis}) cannot be compared: '
                ~ 'nobody was scored then or now', **whose
            ) }}
            else {{ text(
                'the scores of {model} ({data_basis}) have a PSI of {psi} '
                ~ 'since the model was fitted', psi=two_decimals('psi'), **whose
            ) }}
        end as finding,
        psi as value,
        coalesce(psi > chance_psi, false) as is_significant
    from score_drift

    union all

    select
        'feature drift' as check_name,
        model,
        data_basis,
        {{ text(
            '{drifted} of {features} features of {model} ({data_basis}) '
            ~ 'have drifted since the model was fitted',
            drifted='drifted', features='features', **whose
        ) }} || coalesce(
            {{ text(
                ', most {feature} (PSI {psi})',
                feature='most_drifted', psi=two_decimals('highest_psi')
            ) }},
            ''
        ) as finding,
        {{ ratio('drifted', 'features') }} as value,
        true as is_significant
    from feature_drift

)

select
    check_name,
    model || ': ' || data_basis as subject,
    model as source_mart,
    cast(null as string) as list_name,
    finding,
    value,
    is_significant,
    false as is_harmless
from checks
