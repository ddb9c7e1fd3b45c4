with

performances as (

    select * from {{ ref('ml_model_performance') }}

)

select
    model,
    data_basis,
    campaign_id,
    cast(rows as bigint) as rows,
    cast(positives as bigint) as positives,
    {%- for measure in [
        'predicted_share', 'outcome_share', 'roc_auc', 'roc_auc_se', 'baseline_roc_auc',
        'gain', 'gain_se', 'brier', 'baseline_brier',
    ] %}
    {{ null_if_nan(measure) }} as {{ measure }},
    {%- endfor %}
    cast(scored_date as date) as scored_date
from performances
