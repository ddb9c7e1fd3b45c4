{#
    A table as all runs saved it (state/DATASET/TABLE/DAY.parquet), up to the var as_of_date
    where one is given, with the day as `saved_date`: for what is needed before the as-of date
    is known. Else read_state.

    read_all_saved('customer_keys', {'customer_key': 'string', 'customer_id': 'string'})
#}
{%- macro read_all_saved(table, columns) -%}
    {%- set lineage = source('state', table) -%}
    {%- set folder = state_folder() ~ '/' ~ table -%}
    {%- set files = [] -%}
    {%- if is_state_read() -%}
        {%- set question -%}
            select file
            from glob({{ string_literal(folder ~ '/*.parquet') }})
            {%- if var('as_of_date', none) %}
            where cast(parse_filename(file, true) as date) <= {{ as_of_date() }}
            {%- endif %}
            order by all
        {%- endset -%}
        {%- for file in run_query(question).columns[0].values() -%}
            {%- do files.append(string_literal(file)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- rows_of_files(files, columns, "cast(parse_filename(filename, true) as date) as saved_date") -}}
{%- endmacro -%}
