-- Whoever writes to the highest deciles alone reaches which share of the declines?
with

deciles as (

    select
        deciles.*,
        measures.is_accepted
    from {{ ref('ml_activity_calibration') }} as deciles
    inner join {{ ref('ml_activity_evaluations') }} as measures
        on deciles.data_basis = measures.data_basis
        and deciles.model = measures.model

),

summed as (

    select
        data_basis,
        model,
        cast(decile as bigint) as decile,
        rows as decile_rows,
        is_accepted,
        positives,
        sum(rows) over (partition by data_basis, model order by decile)
            as rows_so_far,
        sum(positives) over (partition by data_basis, model order by decile)
            as positives_so_far,
        sum(rows) over (partition by data_basis, model) as all_rows,
        sum(positives) over (partition by data_basis, model) as all_positives
    from deciles

)

select
    data_basis,
    model,
    decile,
    cast(decile_rows as bigint) as training_rows,
    cast(positives as bigint) as declined_rows,
    {{ ratio('rows_so_far', 'all_rows') }} as reached_share,
    {{ ratio('positives_so_far', 'all_positives') }} as gain_share,
    {{ ratio('positives', 'decile_rows') }}
        / nullif({{ ratio('all_positives', 'all_rows') }}, 0) as lift,
    {{ ratio('positives_so_far', 'rows_so_far') }}
        / nullif({{ ratio('all_positives', 'all_rows') }}, 0) as lift_so_far,
    is_accepted
from summed
