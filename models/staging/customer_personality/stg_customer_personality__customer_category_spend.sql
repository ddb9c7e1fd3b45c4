{% set categories = ['wines', 'fruits', 'meat', 'fish', 'sweets', 'gold'] -%}
with

customers as (

    select * from {{ ref('stg_customer_personality__marketing_campaign') }}

)

{% for category in categories -%}
select
    source_file,
    source_row,
    customer_id,
    '{{ category }}' as category,
    {{ category }} as revenue,
    source_note,
    source_exclusion,
    source_fault
from customers
{%- if not loop.last %}

union all

{% endif -%}
{%- endfor %}
