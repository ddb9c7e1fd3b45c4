{#
    The files, by name, of which an incremental model has no row. A run that adds finds
    new files only after those that are known: else a new full refresh begins
    (targeted_lists/runs/increments.py).

    new_files()  ->  ['order_lines_2025-07.csv']
#}
{%- macro new_files() -%}
    {%- set question -%} select distinct source_file from {{ whole_table().relation_name }} {%- endset -%}
    {%- set known = run_query(question).columns[0].values() -%}
    {{- return(
        describe_inputs()['files'] | map(attribute='source_file') | reject('in', known) | list
    ) -}}
{%- endmacro -%}


{#  Whether a row is of a file that an incremental model has no row of.  #}
{%- macro is_of_new_file() -%}
    source_file in (
        {%- for name in new_files() %}
        {{ string_literal(name) }}{{ ',' if not loop.last }}
        {%- else %}
        null
        {%- endfor %}
    )
{%- endmacro -%}
