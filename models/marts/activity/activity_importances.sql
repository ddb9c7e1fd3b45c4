with

importances as (

    {{ classifier_measures(ref('ml_activity_models'), 'importances') }}

),

evaluations as (

    select * from {{ ref('activity_evaluations') }}

),

words as (

    select * from {{ ref('feature_words') }}

)

select
    importances.data_basis,
    importances.model,
    importances.feature,
    {{ worded('words.phrase') }} as phrase,
    importances.rank,
    importances.importance,
    importances.importance_sd,
    evaluations.is_accepted
from importances
inner join evaluations
    on importances.data_basis = evaluations.data_basis
    and importances.model = evaluations.model
left join words
    on importances.feature = words.feature
