with

importances as (

    select * from {{ ref('responder_importances') }}

),

words as (

    select * from {{ ref('response_phrases') }}

)

select
    importances.feature,
    words.phrase,
    cast(importances.rank as bigint) as rank,
    {{ null_if_nan('importances.importance') }} as importance,
    {{ null_if_nan('importances.importance_sd') }} as importance_sd
from importances
left join words
    on importances.feature = words.feature
