-- A customer's place is from the latest line that names one.
{{ config(
    materialized='incremental',
    incremental_strategy='changed_lines',
    unique_key='customer_id'
) }}
with

order_lines as (

    select
        order_line_id,
        customer_id,
        country,
        city,
        ordered_at
    from {{ ref('int_order_lines_validated') }}
    where decision in ('accepted', 'accepted_not_modelled')
        and customer_id is not null
        {{ only_changed('customer_id') }}

)

select
    customer_id,
    max_by(country, (ordered_at, order_line_id))
        filter (where country is not null) as country,
    max_by(city, (ordered_at, order_line_id))
        filter (where city is not null) as city,
    min(ordered_at) as first_seen_at
from order_lines
group by customer_id
