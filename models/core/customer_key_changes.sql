-- The log of earlier runs, and where a key is another person's now.
with

persons as (

    select * from {{ ref('int_customer_persons') }}

),

saved_persons as (

    select * from {{ ref('int_persons_saved') }}

),

saved_changes as (

    {{ read_all_saved('customer_key_changes', {
        'customer_key': 'string',
        'customer_id': 'string',
        'previous_customer_id': 'string',
        'change': 'string',
        'linked_by': 'string',
        'previous_run_date': 'date',
        'linked_at': 'timestamp',
        'changed_date': 'timestamp',
    }) | indent(4) }}

),

-- In the runs of a version that had no persons each key was one.
runs_without_persons as (

    select max(saved_date) as last_date
    from (
        {{ read_all_saved('list_runs', {'list_name': 'string'}) | indent(8) }}
    )
    where not exists (
        select saved_persons.customer_key
        from saved_persons
        where saved_persons.saved_date is not null
    )

),

compared as (

    select
        coalesce(persons.customer_key, saved_persons.customer_key) as customer_key,
        coalesce(persons.customer_id, saved_persons.customer_key) as customer_id,
        coalesce(saved_persons.customer_id, persons.customer_key) as previous_customer_id,
        persons.linked_by,
        coalesce(saved_persons.saved_date, runs_without_persons.last_date) as previous_run_date,
        persons.linked_at
    from persons
    full join saved_persons
        on persons.customer_key = saved_persons.customer_key
    cross join runs_without_persons

),

changes as (

    select
        customer_key,
        customer_id,
        previous_customer_id,
        case when customer_id = customer_key then 'split' else 'merged' end as change,
        linked_by,
        previous_run_date,
        linked_at,
        {{ as_of_date() }} as changed_date
    from compared
    where customer_id <> previous_customer_id

    union

    select {{ all_but(['saved_date']) }} from saved_changes

)

select
    customer_key,
    customer_id,
    previous_customer_id,
    change,
    linked_by,
    previous_run_date,
    linked_at,
    changed_date
from changes
