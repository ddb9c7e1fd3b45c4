with

known as (

    select * from {{ ref('recommendation_days') }}

)

select
    'validation' as as_of,
    validation_seconds as until_seconds
from known
where validation_seconds is not null

union all

select
    'evaluation' as as_of,
    evaluation_seconds as until_seconds
from known
where evaluation_seconds is not null

union all

select
    'current' as as_of,
    current_seconds as until_seconds
from known
