with

cutoffs as (

    select * from {{ ref('activity_cutoffs') }}

)

select
    number,
    base_days,
    is_current,
    is_training,
    cutoff_at
from cutoffs
where is_current
    or is_training
    or is_labelled
