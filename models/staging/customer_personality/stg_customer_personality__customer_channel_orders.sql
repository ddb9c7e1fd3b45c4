{% set channels = ['web', 'catalog', 'store'] -%}
with

customers as (

    select * from {{ ref('stg_customer_personality__marketing_campaign') }}

)

{% for channel in channels -%}
select
    source_file,
    source_row,
    customer_id,
    '{{ channel }}' as channel,
    {{ channel }}_orders as orders,
    source_note,
    source_exclusion,
    source_fault
from customers
{%- if not loop.last %}

union all

{% endif -%}
{%- endfor %}
