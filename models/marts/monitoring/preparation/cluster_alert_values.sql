with

drift as (

    select * from {{ ref('model_drift') }}
    where reference = 'last run'

)

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
