with

measures as (

    select * from {{ ref('ml_activity_evaluations') }}

)

select
    data_basis,
    model,
    {{ translated('reason', 'classifiers') }} as reason,
    cast(rows as bigint) as training_rows,
    cast(positives as bigint) as declined_rows,
    {%- for measure in [
        'roc_auc', 'roc_auc_sd', 'roc_auc_se', 'out_of_time_roc_auc', 'gain', 'gain_se',
        'shortfall', 'shortfall_se', 'pr_auc', 'f1', 'brier', 'log_loss', 'calibration_error',
        'cost',
    ] %}
    {{ null_if_nan(measure) }} as {{ measure }},
    {%- endfor %}
    is_baseline,
    is_chosen,
    is_accepted
from measures
