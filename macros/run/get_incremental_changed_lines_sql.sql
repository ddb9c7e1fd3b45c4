{#
    An incremental strategy of dbt's for a model on validated order lines: rows
    whose key has a line validated since the model was built are replaced by
    those that its query now makes (macro only_changed). `unique_key` is the
    column with the key; a month is that of the order.

    config(
        materialized='incremental',
        incremental_strategy='changed_lines',
        unique_key='customer_id'
    )
#}
{%- macro get_incremental_changed_lines_sql(arg_dict) -%}
    {%- set key = arg_dict['unique_key'] %}
    delete from {{ arg_dict['target_relation'] }}
    where {{ key }} in ({{ changed_keys(key) }});
    {{ get_incremental_append_sql(arg_dict) }}
{%- endmacro -%}


{#
    The keys of the lines that were validated since this model was built, and of customers those
    that lost a key to another.
#}
{%- macro changed_keys(key) -%}
    select {{ key_of_line(key) }} from {{ ref('int_order_lines_validated') }}
    where run_number > {{ watermark(this.name) }}
    {%- if key == 'customer_id' %}

    union

    select previous_customer_id from {{ ref('int_persons_changed') }}
    where run_number > {{ watermark(this.name) }}
    {%- endif %}
{%- endmacro -%}


{#  A key of a model as the order lines have it.  #}
{%- macro key_of_line(key) -%}
    {{- {'sold_month': "date_trunc('month', ordered_at)"}.get(key, key) -}}
{%- endmacro -%}
