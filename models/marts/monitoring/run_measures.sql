-- What each run counts, as a baseline for the next ones.
with

saved as (

    select
        measure,
        subject,
        value,
        cases,
        cast(as_of_date as date) as as_of_date
    from {{ ref('run_measures_saved') }}
    where saved_date < {{ as_of_date() }}

),

measured as (

    select * from {{ ref('run_measures_counted') }}

),

runs as (

    select * from saved

    union all

    select
        measure,
        subject,
        value,
        cases,
        cast({{ as_of_date() }} as date) as as_of_date
    from measured
    where {{ as_of_date() }} is not null

)

select
    measure,
    subject,
    value,
    cast(cases as bigint) as cases,
    as_of_date
from runs
