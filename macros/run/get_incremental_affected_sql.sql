{#
    An incremental strategy of dbt's: it replaces the rows whose keys are affected since the
    model was built (macro only_affected) with what the query makes of these keys, so keys
    that vanish do not stay. `unique_key` is the column with the key: order_line_id (or
    sale_line_id), order_id or customer_id. Rows for which one of
    `incremental_predicates` is true are also replaced.

    config(materialized='incremental', incremental_strategy='affected', unique_key='order_id')
#}
{%- macro get_incremental_affected_sql(arg_dict) -%}
    {%- set key = line_key(arg_dict['unique_key']) %}
    delete from {{ arg_dict['target_relation'] }}
    where {{ arg_dict['unique_key'] }} in (
            select affected.{{ key }} from {{ ref(affected_table(key)) }} as affected
        )
        {%- for predicate in arg_dict['incremental_predicates'] or [] %}
        or {{ predicate }}
        {%- endfor %};
    {{ get_incremental_append_sql(arg_dict) }}
{%- endmacro -%}


{#  What a key's column is called where keys that are affected are listed.  #}
{%- macro line_key(column) -%}
    {{- return({'sale_line_id': 'order_line_id'}.get(column, column)) -}}
{%- endmacro -%}


{#  The model that knows which keys are affected.  #}
{%- macro affected_table(key) -%}
    {{- return(
        'customers_affected' if key == 'customer_id' else 'int_order_lines_affected'
    ) -}}
{%- endmacro -%}


{#  The models that replace what is affected, by name.  #}
{%- macro affected_models() -%}
    {%- set names = [] -%}
    {%- set nodes = graph.nodes.values() if execute else [] -%}
    {%- for node in nodes if node.config.incremental_strategy == 'affected' -%}
        {%- do names.append(node.alias) -%}
    {%- endfor -%}
    {{- return(names | sort) -}}
{%- endmacro -%}
