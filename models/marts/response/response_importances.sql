with

importances as (

    select * from {{ ref('ml_response_importances') }}

),

measures as (

    select * from {{ ref('ml_response_evaluations') }}

),

words as (

    select * from {{ ref('response_phrases') }}

)

select
    importances.model,
    importances.feature,
    words.phrase,
    cast(importances.rank as bigint) as rank,
    {{ null_if_nan('importances.importance') }} as importance,
    {{ null_if_nan('importances.importance_sd') }} as importance_sd,
    measures.is_accepted
from importances
inner join measures
    on importances.model = measures.model
left join words
    on importances.feature = words.feature
