-- The person of each key in the last run that knew it. State of a version that had no persons
-- knows keys by the lists that they were on.
with

saved as (

    {{ read_all_saved(
        'customer_keys', {'customer_key': 'string', 'customer_id': 'string'}
    ) | indent(4) }}

),

listed as (

    {{ read_all_saved('list_member_history', {'customer_id': 'string'}) | indent(4) }}

),

assigned as (

    {{ read_exported('assignments', {'customer_id': 'string'}) | indent(4) }}

),

known as (

    select
        customer_key,
        customer_id,
        saved_date
    from saved

    union all

    select
        customer_id as customer_key,
        customer_id,
        cast('0001-01-01' as date) as saved_date
    from listed

    union all

    select
        customer_id as customer_key,
        customer_id,
        cast('0001-01-01' as date) as saved_date
    from assigned

)

select
    customer_key,
    max_by(customer_id, (saved_date, customer_id)) as customer_id,
    nullif(max(saved_date), cast('0001-01-01' as date)) as saved_date
from known
where customer_key is not null
group by customer_key
