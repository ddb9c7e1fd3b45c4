-- Anonymous sales stay in product analysis, and nobody becomes a customer by
-- the key '' or 0.
{% for table in [
    'dim_customers', 'fct_order_lines', 'fct_orders', 'customer_pivot',
    'rfm_scores', 'rfm_skipped', 'customer_contacts',
] -%}
select
    '{{ table }}' as table_name,
    count(*) as row_count
from {{ ref(table) }}
where trim(customer_id) in ('', '0')
having count(*) > 0
{%- if not loop.last %}

union all

{% endif -%}
{%- endfor %}
