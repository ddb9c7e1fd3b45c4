{{ config(materialized='ephemeral') }}
{# Another cap would move customers between lists that share a budget. #}
{% set caps = [var('contact_cap')] if shares_one_budget()
    else range(1, var('contact_cap') + 3) | list -%}
{% for cap in caps -%}
select {{ cap }} as contact_cap
{%- if not loop.last %}

union all

{% endif -%}
{%- endfor %}
