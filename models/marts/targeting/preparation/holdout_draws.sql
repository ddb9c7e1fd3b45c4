-- Persons that keys of today's persons were when a run of a holdout period drew them. One that is
-- another person now was drawn all the same: a single key in the holdout keeps its person out of
-- every list for the rest of the period.
{% set holdout_salt = "'" ~ project_name ~ "|' || periods.period || '|'" -%}
with

changes as (

    select
        changes.previous_customer_id,
        changes.previous_run_date,
        {{ person_of('changes.customer_key') }} as customer_id
    from {{ ref('customer_key_changes') }} as changes
    {{ join_persons('changes.customer_key') }}

),

periods as (

    select * from {{ ref('holdout_windows') }}

)

select distinct
    periods.period,
    changes.customer_id,
    changes.previous_customer_id,
    {{ hash_bucket(holdout_salt, 'changes.previous_customer_id') }} < 10000 * periods.share
        as is_in_holdout,
    periods.is_current
from changes
inner join periods
    on changes.previous_run_date between periods.first_date and periods.last_date
where changes.previous_customer_id <> changes.customer_id
