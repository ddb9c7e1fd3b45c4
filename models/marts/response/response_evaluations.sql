with

evaluations as (

    {{ classifier_measures(ref('ml_response_models'), 'evaluations') }}

)

select
    model,
    {{ translated('reason', 'classifiers') }} as reason,
    rows as training_rows,
    positives as responded_rows,
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
    is_baseline,
    is_chosen,
    is_accepted
from evaluations
