{#
    The last file, by name, that an incremental model has rows from; empty where it has
    none. A run that adds finds new files only after it: else a new full refresh begins
    (targeted_lists/runs/increments.py).

    last_file()  ->  order_lines_2025-06.csv
#}
{%- macro last_file(condition='true') -%}
    {%- set question -%}
        select coalesce(max(source_file), '')
        from {{ whole_table().relation_name }}
        where {{ condition }}
    {%- endset -%}
    {{- return(run_query(question).columns[0].values()[0]) -}}
{%- endmacro -%}
