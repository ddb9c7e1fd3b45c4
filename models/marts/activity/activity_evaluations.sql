with

measures as (

    select * from {{ ref('classifier_measures') }}

)

select
    model,
    reason,
    cast(rows as bigint) as training_rows,
    cast(positives as bigint) as declined_rows,
    {%- for measure in [
        'roc_auc', 'roc_auc_sd', 'gain', 'gain_se', 'pr_auc', 'f1', 'brier',
        'log_loss',
    ] %}
    {{ null_if_nan(measure) }} as {{ measure }},
    {%- endfor %}
    is_baseline,
    is_chosen
from measures
