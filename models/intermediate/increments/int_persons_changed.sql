-- Keys that became another person's: the run number says when, and what is made of order lines
-- is made again for both persons. One row per key and change.
{{ config(materialized='incremental') }}
with

persons as (

    select
        customer_key,
        customer_id
    from {{ ref('int_customer_persons') }}

)
{%- if is_incremental() %},

known as (

    select
        customer_key,
        max_by(customer_id, run_number) as customer_id
    from {{ this }}
    group by customer_key

)
{%- endif %}

select
    {% if is_incremental() -%}
    coalesce(persons.customer_key, known.customer_key) as customer_key,
    coalesce(persons.customer_id, known.customer_key) as customer_id,
    coalesce(known.customer_id, persons.customer_key) as previous_customer_id,
    {%- else -%}
    customer_key,
    customer_id,
    customer_key as previous_customer_id,
    {%- endif %}
    cast({{ run_number() }} as bigint) as run_number
from persons
{%- if is_incremental() %}
full join known
    on persons.customer_key = known.customer_key
where coalesce(persons.customer_id, known.customer_key)
    <> coalesce(known.customer_id, persons.customer_key)
{%- endif %}
