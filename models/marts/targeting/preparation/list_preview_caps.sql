{{ config(materialized='ephemeral') }}
{% set caps = range(1, var('contact_cap') + 3) | list -%}
{% for cap in caps -%}
select {{ cap }} as contact_cap
{%- if not loop.last %}

union all

{% endif -%}
{%- endfor %}
