with

importances as (

    select * from {{ ref('ml_activity_importances') }}

),

measures as (

    select * from {{ ref('ml_activity_evaluations') }}

),

words as (

    select * from {{ ref('feature_words') }}

)

select
    importances.data_basis,
    importances.model,
    importances.feature,
    {{ worded('words.phrase') }} as phrase,
    cast(importances.rank as bigint) as rank,
    {{ null_if_nan('importances.importance') }} as importance,
    {{ null_if_nan('importances.importance_sd') }} as importance_sd,
    measures.is_accepted
from importances
inner join measures
    on importances.data_basis = measures.data_basis
    and importances.model = measures.model
left join words
    on importances.feature = words.feature
