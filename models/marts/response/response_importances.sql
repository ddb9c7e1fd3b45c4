with

importances as (

    {{ classifier_measures(ref('ml_response_models'), 'importances') }}

),

evaluations as (

    select * from {{ ref('response_evaluations') }}

),

words as (

    select * from {{ ref('response_phrases') }}

)

select
    importances.model,
    importances.feature,
    words.phrase,
    importances.rank,
    importances.importance,
    importances.importance_sd,
    evaluations.is_accepted
from importances
inner join evaluations
    on importances.model = evaluations.model
left join words
    on importances.feature = words.feature
