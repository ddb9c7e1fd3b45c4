-- What each metric of the table metrics is, in the language of the run.
with

definitions as (

    select * from {{ ref('metric_definitions') }}

)

select
    metric,
    {{ worded('name') }} as name,
    {{ worded('definition') }} as definition,
    {{ worded('aggregation') }} as aggregation,
    unit,
    is_additive
from definitions
