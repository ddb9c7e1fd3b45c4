{#
    The raw files, by name, that are new or have changed since an incremental model was
    built.

    changed_files()  ->  ['order_lines_2025-07.csv']
#}
{%- macro changed_files() -%}
    {%- set question -%}
        select source_file from main.read_files where run_number > {{ watermark(this.name) }}
    {%- endset -%}
    {{- return(run_query(question).columns[0].values() | list) -}}
{%- endmacro -%}


{#
    An incremental strategy of dbt's: the rows of files that have changed or are
    gone are replaced by those of the files read now.

    config(materialized='incremental', incremental_strategy='changed_files')
#}
{%- macro get_incremental_changed_files_sql(arg_dict) %}
    delete from {{ arg_dict['target_relation'] }}
    where file not in (
        select source_file from main.read_files
        where run_number <= {{ watermark(this.name) }}
    );
    {{ get_incremental_append_sql(arg_dict) }}
{%- endmacro -%}
