with

drifts as (

    select
        'activity' as model,
        data_basis,
        reference,
        feature,
        level,
        psi,
        chance_psi,
        bins,
        baseline_rows,
        rows
    from {{ ref('ml_activity_drift') }}

    union all

    select
        'response' as model,
        data_basis,
        reference,
        feature,
        level,
        psi,
        chance_psi,
        bins,
        baseline_rows,
        rows
    from {{ ref('ml_response_drift') }}

    union all

    select
        'clusters' as model,
        'everyone' as data_basis,
        reference,
        feature,
        level,
        psi,
        chance_psi,
        bins,
        baseline_rows,
        rows
    from {{ ref('ml_cluster_drift') }}

)

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
from drifts
