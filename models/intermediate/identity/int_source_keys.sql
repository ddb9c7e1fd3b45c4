-- Keys by which the files know customers.
{% for input in ['order_lines', 'customers', 'customer_totals'] -%}
select customer_id as customer_key from {{ conformed(input) }}
where customer_id is not null
{%- if not loop.last %}

union

{% endif -%}
{%- endfor %}
