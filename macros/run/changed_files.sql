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


{#  A hook that removes the rows of files that have changed or are no longer there.  #}
{%- macro delete_changed_files() -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where file not in (
            select source_file from main.read_files
            where run_number <= {{ watermark(this.name) }}
        )
    {%- endif -%}
{%- endmacro -%}
