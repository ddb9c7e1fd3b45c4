{% set whose = {
    'model': label('source_mart', 'model'),
    'data_basis': label('data_basis', 'data_basis'),
} -%}
with

models as (

    select * from {{ ref('models_watched') }}

)

select
    'model refitted' as check_name,
    model || ': ' || data_basis as subject,
    model as source_mart,
    cast(null as string) as list_name,
    case
        when is_refitted then {{ text(
            'the model of {model} ({data_basis}) was {reason}',
            reason=translated('refit_reason', 'drift'), **whose
        ) }}
        else {{ text(
            'the model of {model} ({data_basis}) was not fitted again for drift', **whose
        ) }}
    end as finding,
    case when is_refitted then 1 else 0 end as value,
    true as is_significant,
    false as is_harmless
from models
