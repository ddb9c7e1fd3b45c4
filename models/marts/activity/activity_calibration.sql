with

deciles as (

    {{ classifier_measures(ref('ml_activity_models'), 'calibration') }}

),

evaluations as (

    select * from {{ ref('activity_evaluations') }}

)

select
    deciles.data_basis,
    deciles.model,
    deciles.decile,
    deciles.rows as training_rows,
    deciles.positives as declined_rows,
    deciles.probability as predicted_share,
    {{ ratio('deciles.positives', 'deciles.rows') }} as declined_share,
    deciles.lowest as lowest_share,
    deciles.highest as highest_share,
    -- Shares of whole rows: the tolerance keeps floats from deciding.
    {{ ratio('deciles.positives', 'deciles.rows') }}
        between deciles.lowest - 1e-9 and deciles.highest + 1e-9
        as is_within_band,
    evaluations.is_accepted
from deciles
inner join evaluations
    on deciles.data_basis = evaluations.data_basis
    and deciles.model = evaluations.model
