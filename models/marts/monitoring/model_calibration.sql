with

calibrations as (

    select * from {{ ref('ml_model_calibration') }}

),

shares as (

    select
        *,
        {{ ratio('positives', 'rows') }} as outcome_share
    from calibrations

)

select
    model,
    data_basis,
    campaign_id,
    cast(decile as bigint) as decile,
    cast(rows as bigint) as rows,
    cast(positives as bigint) as positives,
    probability as predicted_share,
    outcome_share,
    lowest as lowest_share,
    highest as highest_share,
    outcome_share between lowest - 1e-9 and highest + 1e-9 as is_within_band,
    cast(scored_date as date) as scored_date
from shares
