{#
    What is in the dataset's folder: `error` (a sentence, or none), `settings`
    and `files`, each with its path, format and header. The only data read while
    compiling is the header line of each file.
#}
{%- macro describe_inputs() -%}
    {{- return(adapter.dispatch('describe_inputs')()) -}}
{%- endmacro -%}


{#  In DuckDB, by the function of targeted_lists/runs/dbt_plugin.py.  #}
{%- macro duckdb__describe_inputs() -%}
    {%- set lines = var('input_contract').get('order_lines', {}) -%}
    {%- set lines = dict(lines, **var('order_line_extras', {})) -%}
    {%- set known = dict(var('input_contract'), order_lines=lines) -%}
    {%- set question -%}
        select describe_inputs(
            {{ string_literal(tojson(known)) }},
            {{ string_literal(var('data_dir')) }},
            {{ string_literal(var('dataset')) }},
            {{ string_literal(dataset_adapter()) }}
        )
    {%- endset -%}
    {{- return(fromjson(run_query(question).columns[0].values()[0])) -}}
{%- endmacro -%}


{#  On Spark, as DuckDB wrote it down when it last looked at the folder.  #}
{%- macro spark__describe_inputs() -%}
    {%- set path = var('handover_dir') ~ '/' ~ var('dataset') ~ '/inputs.json' -%}
    {{- return(fromjson(run_query('select value from text.`' ~ path ~ '`').columns[0].values()[0])) -}}
{%- endmacro -%}
