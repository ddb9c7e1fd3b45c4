select
    model,
    data_basis,
    reference,
    feature,
    level,
    {{ null_if_nan('psi') }} as psi,
    {{ null_if_nan('chance_psi') }} as chance_psi,
    cast(bins as bigint) as bins,
    cast(baseline_rows as bigint) as baseline_rows,
    cast(rows as bigint) as rows
from {{ ref('ml_model_drift') }}
