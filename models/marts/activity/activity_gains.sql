-- Which share of the declines is reached by contacting only the top deciles?
with

deciles as (

    select * from {{ ref('activity_calibration') }}

),

summed as (

    select
        data_basis,
        model,
        decile,
        training_rows,
        declined_rows,
        is_accepted,
        sum(training_rows) over (partition by data_basis, model order by decile)
            as rows_so_far,
        sum(declined_rows) over (partition by data_basis, model order by decile)
            as positives_so_far,
        sum(training_rows) over (partition by data_basis, model) as all_rows,
        sum(declined_rows) over (partition by data_basis, model) as all_positives
    from deciles

)

select
    data_basis,
    model,
    decile,
    training_rows,
    declined_rows,
    {{ ratio('rows_so_far', 'all_rows') }} as reached_share,
    {{ ratio('positives_so_far', 'all_positives') }} as gain_share,
    {{ ratio('declined_rows', 'training_rows') }}
        / nullif({{ ratio('all_positives', 'all_rows') }}, 0) as lift,
    {{ ratio('positives_so_far', 'rows_so_far') }}
        / nullif({{ ratio('all_positives', 'all_rows') }}, 0) as lift_so_far,
    is_accepted
from summed
