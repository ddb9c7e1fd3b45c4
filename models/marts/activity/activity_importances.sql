with

importances as (

    select * from {{ ref('classifier_importances') }}

),

words as (

    select * from {{ ref('feature_words') }}

)

select
    importances.population as known_from,
    importances.feature,
    {{ worded('words.phrase') }} as phrase,
    cast(importances.rank as bigint) as rank,
    {{ null_if_nan('importances.importance') }} as importance,
    {{ null_if_nan('importances.importance_sd') }} as importance_sd
from importances
left join words
    on importances.feature = words.feature
