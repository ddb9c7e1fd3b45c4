-- The channels are those of the dataset, by their place.
{{ config(materialized='ephemeral') }}
with

channels as (

    select * from {{ ref('customer_channels') }}

)

select
    customer_id,
    {%- for place in ['first', 'second', 'third'] %}
    {{ ratio(
        'sum(case when channel_place = ' ~ loop.index ~ ' then orders else 0 end)',
        'sum(orders)'
    ) }} as {{ place }}_channel_share
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from channels
group by customer_id
