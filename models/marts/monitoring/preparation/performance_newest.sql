with

performance as (

    select * from {{ ref('model_performance') }}

)

select
    model,
    data_basis,
    campaign_id,
    roc_auc,
    roc_auc_se,
    baseline_roc_auc,
    gain,
    gain_se,
    scored_date
from performance
qualify row_number() over (
    partition by model, data_basis
    order by scored_date desc, campaign_id desc
) = 1
