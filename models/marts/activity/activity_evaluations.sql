with

evaluations as (

    {{ classifier_measures(ref('ml_activity_models'), 'evaluations') }}

)

select
    data_basis,
    model,
    {{ translated('reason', 'classifiers') }} as reason,
    rows as training_rows,
    positives as declined_rows,
    roc_auc,
    roc_auc_sd,
    roc_auc_se,
    out_of_time_roc_auc,
    gain,
    gain_se,
    shortfall,
    shortfall_se,
    pr_auc,
    f1,
    brier,
    log_loss,
    calibration_error,
    cost,
    is_baseline,
    is_chosen,
    is_accepted
from evaluations
