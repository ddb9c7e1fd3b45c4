with

deciles as (

    select
        deciles.*,
        measures.is_accepted
    from {{ ref('ml_activity_calibration') }} as deciles
    inner join {{ ref('ml_activity_evaluations') }} as measures
        on deciles.data_basis = measures.data_basis
        and deciles.model = measures.model

)

select
    data_basis,
    model,
    cast(decile as bigint) as decile,
    cast(rows as bigint) as training_rows,
    cast(positives as bigint) as declined_rows,
    probability as predicted_share,
    {{ ratio('positives', 'rows') }} as declined_share,
    lowest as lowest_share,
    highest as highest_share,
    -- Shares of whole rows: the tolerance keeps floats from deciding.
    {{ ratio('positives', 'rows') }} between lowest - 1e-9 and highest + 1e-9
        as is_within_band,
    is_accepted
from deciles
