-- What the customers file says of a person: of each attribute what the key registered last
-- says. Where keys contradict each other, nobody is taken for older than one of them says, and
-- the gender is not known (identity_findings names them).
{%- set columns = var('input_contract')['customers'] %}
{%- set own = ['customer_id', 'registered_at', 'email', 'phone', 'first_name'] %}
with

customers as (

    select
        {{ all_but(['customer_id'], 'customers') }},
        customers.customer_id as customer_key,
        {{ person_of('customers.customer_id') }} as customer_id,
        (coalesce(customers.registered_at, cast('0001-01-01' as timestamp)), customers.customer_id)
            as place
    from {{ ref('int_customers_validated') }} as customers
    {{ join_persons('customers.customer_id') }}
    where customers.decision = 'accepted'

)

select
    customer_id,
    {%- for column in columns | reject('in', own) %}
    {%- if column == 'birth_year' %}
    max(birth_year) as birth_year,
    {%- elif column == 'gender' %}
    case when count(distinct gender) < 2 then max(gender) end as gender,
    {%- else %}
    max_by({{ column }}, place) filter (where {{ column }} is not null) as {{ column }},
    {%- endif %}
    {%- endfor %}
    min(registered_at) as registered_at,
    count(*) as key_count
from customers
group by customer_id
